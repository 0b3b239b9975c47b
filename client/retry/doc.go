// Package retry decides what a client does after an attempt at a call, and
// names its writes so that each takes effect once however often it is sent:
// rules 10 and 11 of docs/PROTOCOL.md as a client sees them. It has no sockets
// and no clock, so that simulations drive the very same decisions.
//
// A write begins with a name, Window.Begin. Each attempt ends somehow (Ending),
// and Judge says what follows. When an attempt may have reached a worker
// (Verdict.Maybe), the next one carries a higher attempt number; redirects and
// other answers that promise "no effect" do not count. A write is finished,
// Window.Finish, when its caller has been answered, whatever the answer:
// nobody waits for it any more, and an attempt that arrives later is refused.
package retry
