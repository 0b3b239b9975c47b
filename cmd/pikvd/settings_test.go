package main

import (
	"bytes"
	"encoding/base64"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v2"
	"go.uber.org/zap"

	"pikv/autoscale"
	"pikv/membership"
	"pikv/worker"
)

// testMachine is a Pi 4 called pi1 of the user ann, with the variables.
func testMachine(env map[string]string) machine {
	return machine{
		hostname:    "pi1",
		ram:         4 << 30,
		addressable: math.MaxInt64,
		getenv: func(name string) string {
			if name == "HOME" {
				return "/home/ann"
			}
			return env[name]
		},
		root:     files(nil),
		writable: func(string) bool { return false },
	}
}

// settle runs `pikvd start` with the arguments up to the settings.
func settle(m machine, args ...string) (cfg *config, err error) {
	app := newApp(&bytes.Buffer{}, &bytes.Buffer{})
	app.Commands[0].Action = func(c *cli.Context) error {
		cfg, err = settingsOf(c, m)
		return err
	}
	err = app.Run(append([]string{"pikvd", "start"}, args...))
	return cfg, err
}

// configFile writes a file for --config.
func configFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "pikvd.yaml")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

func TestDefaults(t *testing.T) {
	cfg, err := settle(testMachine(nil), "--role", "master")
	require.NoError(t, err)
	require.Equal(t, &config{
		role: "master", name: "pi1", cluster: "pikv", bind: "0.0.0.0",
		rpcPort: 7700, gossipPort: 7746, respPort: 7379, discover: true, profile: "lan",
		dataDir: "/home/ann/.local/state/pikv", partitions: 1024,
		replicas: 2, onLoss: "wait",
		maxMemory: 2 << 30, eviction: "none", maxValue: 64 << 20, maxConns: 1024, moveRate: autoMoveRate,
		scaling: autoscale.DefaultPolicy(), logFormat: "auto",
	}, cfg)
}

func TestEveryDefaultHasItsReason(t *testing.T) {
	for _, o := range options {
		require.NotEmpty(t, o.why, o.name)
		require.NotEmpty(t, o.usage, o.name)
	}
}

func TestFlagsWinOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	file := configFile(t, "role: worker\ncluster: from-file\nrpc-port: 1\njoin: [a, b]\nprofile: wifi\nrecover: false\n")
	tests := []struct {
		about string
		env   map[string]string
		args  []string
		get   func(*config) any
		want  any
	}{
		{"file alone", nil, nil, func(c *config) any { return c.cluster }, "from-file"},
		{"file's list", nil, nil, func(c *config) any { return c.join }, []string{"a", "b"}},
		{"environment over file", map[string]string{"PIKV_CLUSTER": "from-env"}, nil, func(c *config) any { return c.cluster }, "from-env"},
		{"environment's list replaces the file's", map[string]string{"PIKV_JOIN": "x,y:1"}, nil, func(c *config) any { return c.join }, []string{"x", "y:1"}},
		{"an empty variable says nothing", map[string]string{"PIKV_CLUSTER": ""}, nil, func(c *config) any { return c.cluster }, "from-file"},
		{"flag over both", map[string]string{"PIKV_CLUSTER": "from-env"}, []string{"--cluster", "from-flag"}, func(c *config) any { return c.cluster }, "from-flag"},
		{"flag's list replaces the others", map[string]string{"PIKV_JOIN": "x"}, []string{"--join", "p", "--join", "q"}, func(c *config) any { return c.join }, []string{"p", "q"}},
		{"a flag that equals the default still wins", map[string]string{"PIKV_RPC_PORT": "9"}, []string{"--rpc-port", "7700"}, func(c *config) any { return c.rpcPort }, 7700},
		{"default where nobody speaks", nil, nil, func(c *config) any { return c.gossipPort }, 7746},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			cfg, err := settle(testMachine(tt.env), append([]string{"--config", file}, tt.args...)...)
			require.NoError(t, err)
			require.Equal(t, tt.want, tt.get(cfg))
		})
	}

	cfg, err := settle(testMachine(map[string]string{"PIKV_CONFIG": file}))
	require.NoError(t, err)
	require.Equal(t, membership.RoleWorker, cfg.role, "the file may be named in the environment")
}

func TestAWorkerWithoutASeedIsToldWhatToGive(t *testing.T) {
	_, err := settle(testMachine(nil), "--role", "worker", "--discover", "off")
	require.Equal(t, exitUsage, exitCode(err))
	require.ErrorIs(t, err, errNoSeed)
	require.ErrorContains(t, err, "--join: a worker needs the address of a node")

	_, err = settle(testMachine(nil), "--role", "worker", "--bind", "127.0.0.1")
	require.ErrorIs(t, err, errNoSeed)
	require.ErrorContains(t, err, "on 127.0.0.1 nobody is found")

	cfg, err := settle(testMachine(nil), "--role", "worker")
	require.NoError(t, err)
	require.True(t, cfg.worker(zap.NewNop()).Discover, "it looks for its cluster")
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	file := configFile(t, "colour: blue\nmax-conns: many\n")
	_, err := settle(testMachine(map[string]string{"PIKV_PROFILE": "fast"}),
		"--config", file, "--role", "worker", "--rpc-port", "70000", "--max-memory", "1MB", "--recover", "--replicas", "4", "--on-loss", "panic", "--discover", "off")
	require.Equal(t, exitUsage, exitCode(err))
	got := strings.ReplaceAll(err.Error(), file, "FILE")
	require.Equal(t, `9 problems with the settings:
  --config: FILE, line 1: unknown key "colour"
  --rpc-port: "70000" is not a port from 0 to 65535
  --profile (PIKV_PROFILE): "fast" is not lan, wifi or local
  --on-loss: "panic" is not wait or reset
  --max-conns (FILE, line 2): "many" is not a whole number
  --join: a worker needs the address of a node of its cluster, such as the master's: --join 192.168.1.10 (port 7746 unless given), --join pikv.example.org, or --join @FILE with one address a line
  --recover: only a master has a view to recover
  --replicas: 4 is not from 1 to 3
  --max-memory: 976.6 KiB is too little; the least is 8 MiB`, got)
}

func TestWhatIsRefused(t *testing.T) {
	tests := []struct {
		about string
		args  []string
		want  string
	}{
		{"no role", []string{"--role="}, "--role: \"\" is not master or worker"},
		{"a third role", []string{"--role", "boss"}, "--role: \"boss\" is not master or worker"},
		{"a name with a space", []string{"--name", "my pi"}, "--name: \"my pi\" has other characters"},
		{"a host name to listen on", []string{"--bind", "pi1"}, "--bind: \"pi1\" is not an IP address"},
		{"an address for nobody", []string{"--advertise", "0.0.0.0"}, "--advertise: 0.0.0.0 is no address"},
		{"one port for two", []string{"--gossip-port", "7700"}, "--gossip-port: 7700 is also --rpc-port"},
		{"one port for two of three", []string{"--resp-port", "7746"}, "--resp-port: 7746 is also --rpc-port or --gossip-port"},
		{"a word for a port", []string{"--resp-port", "none"}, "--resp-port: \"none\" is not a port from 0 to 65535, nor any"},
		{"a proxy without a port", []string{"--resp-proxy", "--resp-port", "0"}, "--resp-proxy: give a --resp-port"},
		{"a worker as a proxy", []string{"--role", "worker", "--resp-proxy"}, "--resp-proxy: only a master"},
		{"no password", []string{"--requirepass-file", "/no/such"}, "--requirepass-file: read the password"},
		{"no users", []string{"--users-file", "/no/such"}, "--users-file: read the list of passwords"},
		{"an odd number of partitions", []string{"--partitions", "1000"}, "--partitions: check 1000 partitions"},
		{"no replica", []string{"--replicas", "0"}, "--replicas: 0 is not from 1 to 3"},
		{"a word for a number", []string{"--replicas", "two"}, "--replicas: \"two\" is not a whole number"},
		{"a rate that is none", []string{"--move-rate", "fast"}, "--move-rate: \"fast\" has an unknown unit"},
		{"more memory than there is", []string{"--max-memory", "8GiB"}, "--max-memory: 8 GiB is more than the 4 GiB of RAM here"},
		{"no memory", []string{"--max-memory", "0"}, "--max-memory: 0 B is too little"},
		{"another policy", []string{"--eviction", "lfu"}, "--eviction: \"lfu\" is not none or lru"},
		{"a value that would not fit", []string{"--max-memory", "16MiB", "--max-value", "32MiB"}, "--max-value: 32 MiB would never fit into --max-memory of 16 MiB"},
		{"a value that clients do not take", []string{"--max-value", "1GiB"}, "--max-value: 1 GiB is not from 1 B to 64 MiB"},
		{"no connections", []string{"--max-conns", "0"}, "--max-conns: 0 is less than 1"},
		{"no key", []string{"--gossip-key-file", "/no/such"}, "--gossip-key-file: read the gossip key"},
		{"no file", []string{"--config", "/no/such"}, "--config: open /no/such"},
		{"an unknown flag", []string{"--colour", "blue"}, "flag provided but not defined: -colour; `pikvd start --help` lists the flags"},
		{"a word among flags", []string{"now", "--name", "x"}, "\"now\" is not a flag"},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			_, err := settle(testMachine(nil), append([]string{"--role", "master"}, tt.args...)...)
			require.ErrorContains(t, err, tt.want)
			require.Equal(t, exitUsage, exitCode(err))
		})
	}
}

func TestASmallMemoryLowersTheLargestValue(t *testing.T) {
	cfg, err := settle(testMachine(nil), "--role", "master", "--max-memory", "16MiB")
	require.NoError(t, err)
	require.Equal(t, int64(16<<20), cfg.maxValue)
	require.GreaterOrEqual(t, cfg.inFlight(), int64(cfg.limits().Frame), "the largest request must be served")
}

func TestMoveRates(t *testing.T) {
	for v, want := range map[string]int64{"auto": 0, "0": 0, "none": worker.NoMoveLimit, "5MB/s": 5e6, "1MiB": 1 << 20, "250000": 250_000} {
		cfg, err := settle(testMachine(nil), "--role", "worker", "--join", "m", "--move-rate", v)
		require.NoError(t, err, v)
		require.Equal(t, want, cfg.worker(zap.NewNop()).MoveRate, v)
	}
}

func TestAMachineThatTellsNothing(t *testing.T) {
	m := testMachine(nil)
	m.hostname, m.ram = "", 0
	m.getenv = func(string) string { return "" }
	_, err := settle(m, "--role", "master", "--max-memory", "50%")
	for _, want := range []string{"--name: give one", "--data-dir: give a folder", "--max-memory: \"50%\": this machine does not tell"} {
		require.ErrorContains(t, err, want)
	}
}

func TestAnOpenKeyFileIsWarnedOf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(make([]byte, 32))), 0o600))
	require.NoError(t, os.Chmod(file, 0o644))
	cfg, err := settle(testMachine(nil), "--role", "master", "--gossip-key-file", file)
	require.NoError(t, err)
	require.Len(t, cfg.gossipKey, 32)
	require.Len(t, cfg.warnings, 1)
}

func TestScalingSettings(t *testing.T) {
	cfg, err := settle(testMachine(nil), "--role", "master", "--autoscale", "on", "--scale-memory", "40:70", "--scale-cpu", "0:0", "--scale-requests", "500:2000",
		"--scale-window", "10s", "--scale-cooldown", "30s", "--min-workers", "3")
	require.NoError(t, err)
	require.Equal(t, autoscale.Policy{
		Mode: autoscale.On, Memory: autoscale.Marks{Low: 0.4, High: 0.7}, Requests: autoscale.Marks{Low: 500, High: 2000},
		Window: 10 * time.Second, CoolDown: 30 * time.Second, MinWorkers: 3,
	}, cfg.scaling)

	_, err = settle(testMachine(nil), "--role", "master", "--autoscale", "on", "--scale-memory", "70:40", "--scale-window", "1s", "--min-workers", "0")
	require.ErrorContains(t, err, "--scale-memory: the low mark is not below the high mark")
	require.ErrorContains(t, err, "--scale-window is below 3 s")
	require.ErrorContains(t, err, "--min-workers is below 1")
	_, err = settle(testMachine(nil), "--role", "master", "--autoscale", "maybe", "--scale-cpu", "high")
	require.ErrorContains(t, err, `"maybe" is none of off, advise, on`)
	require.ErrorContains(t, err, `"high" is not LOW:HIGH`)
	_, err = settle(testMachine(nil), "--role", "worker", "--join", "10.0.0.1", "--autoscale", "on")
	require.ErrorContains(t, err, "--autoscale: only a master knows the load of all")
	_, err = settle(testMachine(nil), "--role", "master", "--spare")
	require.ErrorContains(t, err, "--spare: a master holds no data")
}
