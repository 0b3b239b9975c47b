// Writes and reads through a client of Node.js, first in peace and then while a worker is
// killed: node nodejs.js ioredis|node-redis PID. See run.sh. It prints what the client told
// its program, and fails when an answer is wrong or an acknowledged write is lost.
const assert = require('assert');
const [which, victim] = process.argv.slice(2);
const nodes = [19381, 19382];
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

// connect returns what the two have in common.
async function connect() {
  if (which === 'ioredis') {
    const Redis = require('ioredis');
    const c = new Redis.Cluster(nodes.map(port => ({ host: '127.0.0.1', port })));
    c.on('error', e => console.log('event:', e.message));
    const pipeline = async keys => {
      const p = c.pipeline();
      keys.forEach(k => p.get(k));
      return (await p.exec()).map(([err, value]) => { if (err) throw err; return value; });
    };
    return { set: (k, v) => c.set(k, v), get: k => c.get(k), mget: keys => c.mget(keys), pipeline, close: () => c.quit() };
  }
  const c = require('redis').createCluster({ rootNodes: nodes.map(port => ({ url: `redis://127.0.0.1:${port}` })) });
  for (const event of ['error', 'node-error']) c.on(event, e => console.log(`${event}:`, e.message));
  await c.connect();
  const pipeline = keys => Promise.all(keys.map(k => c.get(k))); // it does that by itself
  return { set: (k, v) => c.set(k, v), get: k => c.get(k), mget: keys => c.mGet(keys), pipeline, close: () => c.close() };
}

// ready waits until the cluster serves.
async function ready() {
  for (let tries = 0; ; tries++) {
    try {
      const c = await connect();
      for (let i = 0; i < 300; i++) assert.equal(await c.set(`k${i}`, `v${i}`), 'OK');
      return c;
    } catch (e) {
      if (tries === 20) throw e;
      await pause(500);
    }
  }
}

async function inPeace(c) {
  for (let i = 0; i < 300; i++) assert.equal(await c.get(`k${i}`), `v${i}`);
  assert.equal(await c.get('none'), null);
  await c.set('{t}a', '1');
  await c.set('{t}b', '2');
  assert.deepEqual(await c.mget(['{t}a', '{t}b', '{t}c']), ['1', '2', null]);
  const keys = Array.from({ length: 50 }, (_, i) => `{p}${i}`);
  for (const k of keys) await c.set(k, k);
  assert.deepEqual(await c.pipeline(keys), keys);
  await c.mget(['k1', 'k2']).then(all => console.log('MGET of two slots:', all), e => console.log('MGET of two slots:', e.message));
}

async function whileOneDies(c) {
  const acknowledged = {}, errors = {}, began = Date.now();
  let rounds = 0, longest = 0, killed = false;
  while (Date.now() - began < 12000) {
    const k = `f${rounds % 200}`, v = `x${rounds++}`, from = Date.now();
    try {
      delete acknowledged[k]; // of unknown fate until it is known
      await c.set(k, v);
      acknowledged[k] = v;
      const got = await c.get(k);
      assert.equal(got, v, `${k} is ${got}`);
    } catch (e) {
      if (e instanceof assert.AssertionError) throw e;
      errors[e.message] = (errors[e.message] || 0) + 1;
      await pause(20);
    }
    longest = Math.max(longest, Date.now() - from);
    if (!killed && Date.now() - began > 2000) killed = process.kill(Number(victim), 'SIGKILL');
  }
  for (const k in acknowledged) assert.equal(await c.get(k), acknowledged[k], 'an acknowledged write is lost');
  for (let i = 0; i < 300; i++) assert.equal(await c.get(`k${i}`), `v${i}`, 'a write from before is lost');
  console.log(`${which}: ${rounds} rounds, the longest ${longest} ms, errors`, errors);
}

(async () => {
  const c = await ready();
  await inPeace(c);
  await whileOneDies(c);
  await c.close();
  process.exit(0);
})().catch(e => { console.log('FAILED', e); process.exit(1); });
