package history

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// try puts a load on a fake store for a while of virtual time.
func try(t *testing.T, b bug) (*Load, []Violation, Checked) {
	t.Helper()
	return tryStores(t, b, func(f *fake) []Store { return []Store{f, f} })
}

func tryStores(t *testing.T, b bug, stores func(f *fake) []Store) (*Load, []Violation, Checked) {
	t.Helper()
	var load *Load
	var wrong []Violation
	var checked Checked
	synctest.Test(t, func(t *testing.T) {
		load = New(stores(newFake(b)), Options{Seed: 7})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		load.Run(ctx)
		for load.Finish(t.Context()) != nil { // some of its reads fail, too
			load.wrong = nil
		}
		wrong, checked = load.Check()
	})
	return load, wrong, checked
}

func TestAGoodStoreKeepsItsPromises(t *testing.T) {
	load, wrong, checked := try(t, none)
	for _, v := range wrong {
		t.Errorf("%s: %s\n%s", v.Key, v.What, v.History)
	}
	total, texts := load.Total()
	require.Greater(t, total.Ops, int64(12_000))
	require.Positive(t, total.Failed)
	require.Positive(t, total.Unknown)
	require.Len(t, texts, maxTexts)
	require.Greater(t, checked.Keys, 100, "new keys take the place of old ones")
	require.Less(t, checked.Longest, 150)
	require.Equal(t, total, Tally{Ops: total.Ops, Failed: total.Failed, Unknown: total.Unknown, Slowest: total.Slowest})
	since := load.Take()
	require.Equal(t, total, since)
	require.Zero(t, load.Take())
}

func TestEveryBugOfAStoreIsFound(t *testing.T) {
	for _, b := range []bug{losesWrites, stale, twice, blindAbsent, blindVersion, oldVersion, undead, early, refusedWrite, mixesUp} {
		t.Run(string(b), func(t *testing.T) {
			_, wrong, _ := try(t, b)
			require.NotEmpty(t, wrong)
			require.NotEmpty(t, wrong[0].What)
		})
	}
}

// Answers that tell no versions leave more to be tried, and find what is not about versions all the
// same, whether others' answers tell them or not.
func TestStoresWithoutVersions(t *testing.T) {
	for name, stores := range map[string]func(f *fake) []Store{
		"all": func(f *fake) []Store { return []Store{untold{f}} },
		"one": func(f *fake) []Store { return []Store{f, f, f, untold{f}} },
	} {
		t.Run(name, func(t *testing.T) {
			_, wrong, checked := tryStores(t, none, stores)
			for _, v := range wrong {
				t.Errorf("%s: %s\n%s", v.Key, v.What, v.History)
			}
			require.Greater(t, checked.Keys, 100)
			for _, b := range []bug{losesWrites, stale, twice, blindAbsent, undead, early, refusedWrite, mixesUp} {
				_, wrong, _ := tryStores(t, b, stores)
				require.NotEmpty(t, wrong, b)
			}
		})
	}
}

func TestTheSumsFindWhatIsAddedTwice(t *testing.T) {
	_, wrong, _ := try(t, twice)
	found := false
	for _, v := range wrong {
		found = found || v.History == "" // only a sum's has none
	}
	require.True(t, found, "%v", wrong)
}

func TestValuesKnowTheirBytes(t *testing.T) {
	value := encode("v12.300", 300)
	require.Equal(t, "v12.300", decode(value))
	require.Equal(t, "17", decode([]byte("17")))
	require.Empty(t, decode(nil))
	value[200]++
	require.Contains(t, decode(value), "garbled")
	require.Contains(t, decode(value[:100]), "garbled")
}
