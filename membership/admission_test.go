package membership

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAdmission(t *testing.T) {
	ok := contact{addr: "10.0.0.1:1", outcome: joined}
	away := contact{addr: "10.0.0.2:1", outcome: unreachable, err: errors.New("refused")}
	rude := contact{addr: "10.0.0.3:1", outcome: hungUp}
	stranger := contact{addr: "10.0.0.5:1", outcome: hungUp, hint: true}
	foreign := contact{addr: "10.0.0.6:1", outcome: unreadable, err: errors.New("no key"), hint: true}
	garbled := contact{addr: "10.0.0.4:1", outcome: unreadable, err: errors.New("no key")}
	say := func(cs ...contact) round { return round{contacts: cs} }
	claimed := func(r round) round { r.claim = "10.0.0.9:1"; return r }
	ghostly := func(r round) round { r.ghost = true; return r }

	for name, tc := range map[string]struct {
		rounds []round // one a second
		want   []verdict
		err    error
	}{
		"the first of its cluster":       {rounds: []round{{}}, want: []verdict{admitted}},
		"a seed takes it in":             {rounds: []round{say(away, ok)}, want: []verdict{admitted}},
		"one good seed is enough":        {rounds: []round{say(rude, garbled, ok)}, want: []verdict{admitted}},
		"nobody there":                   {rounds: []round{say(away), say(away)}, want: []verdict{waiting, waiting}},
		"no name resolved":               {rounds: []round{{errs: []error{errors.New("no such host")}}}, want: []verdict{waiting}},
		"others came":                    {rounds: []round{{contacts: []contact{away}, others: 1}}, want: []verdict{admitted}},
		"refused for good":               {rounds: []round{say(rude, away), say(garbled), say(rude)}, want: []verdict{again, again, failed}, err: ErrWrongKeyOrCluster},
		"strangers on the network":       {rounds: []round{say(stranger, foreign), say(stranger), say(stranger, foreign), say(foreign), say(stranger, ok)}, want: []verdict{waiting, waiting, waiting, waiting, admitted}},
		"a stranger beside a seed":       {rounds: []round{say(stranger, rude), say(stranger, rude), say(stranger, rude)}, want: []verdict{again, again, failed}, err: ErrWrongKeyOrCluster},
		"hung up while stopping":         {rounds: []round{say(rude), say(away), say(rude), say(rude), say(ok)}, want: []verdict{again, waiting, again, again, admitted}},
		"namesake answers":               {rounds: []round{{claim: "10.0.0.9:1", answered: true}}, want: []verdict{failed}, err: ErrNameTaken},
		"dead namesake is noticed":       {rounds: []round{claimed(say(garbled)), claimed(say(garbled)), ghostly(say(ok)), say(ok)}, want: []verdict{again, again, again, admitted}},
		"peers insist":                   {rounds: []round{claimed(say(garbled)), claimed(say(ok)), claimed(say(ok)), claimed(say(ok))}, want: []verdict{again, again, again, failed}, err: ErrNameTaken},
		"a ghost does not keep it out":   {rounds: []round{ghostly(say(ok)), ghostly(say(ok)), ghostly(say(ok)), ghostly(say(ok))}, want: []verdict{again, again, again, admitted}},
		"peers vanish during the waits":  {rounds: []round{claimed(say(garbled)), say(away)}, want: []verdict{again, waiting}},
		"joined, but one seed claims it": {rounds: []round{claimed(say(ok, garbled)), say(ok)}, want: []verdict{again, admitted}},
	} {
		t.Run(name, func(t *testing.T) {
			a := &admission{name: "w1", cluster: "c", nameWait: 3 * time.Second}
			now := time.Unix(0, 0)
			for i, r := range tc.rounds {
				v, err := a.judge(now, r)
				require.Equal(t, tc.want[i], v, "round %d", i)
				if v == failed {
					require.ErrorIs(t, err, tc.err)
				} else {
					require.NoError(t, err)
				}
				now = now.Add(time.Second)
			}
		})
	}
}

func TestTroubleIsShort(t *testing.T) {
	var r round
	for range 10 {
		r.contacts = append(r.contacts, contact{outcome: unreachable, err: errors.New("1 error\n\t* refused\n\n")})
	}
	require.Equal(t, "1 error * refused; 1 error * refused; 1 error * refused; and 7 more", r.trouble())
}
