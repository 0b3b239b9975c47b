package discovery

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChoose(t *testing.T) {
	m, w := node(RoleMaster, "m", "10.0.0.1"), node(RoleWorker, "w", "10.0.0.2")
	second := node(RoleMaster, "m2", "10.0.0.3")
	lab := node(RoleMaster, "l", "10.0.0.9")
	lab.Cluster = "lab"
	tests := []struct {
		about   string
		nodes   []Node
		cluster string
		want    []Node
		err     error
		says    string
	}{
		{"the master first", []Node{w, m}, "pikv", []Node{m, w}, nil, ""},
		{"workers know their cluster, too", []Node{w}, "pikv", []Node{w}, nil, ""},
		{"one of two clusters", []Node{lab, w, m}, "lab", []Node{lab}, nil, ""},
		{"the only one", []Node{lab}, "", []Node{lab}, nil, ""},
		{"nobody", nil, "pikv", nil, ErrNobody, `nobody answers for "pikv"`},
		{"nobody at all", nil, "", nil, ErrNobody, ""},
		{"only another one", []Node{lab}, "pikv", nil, ErrNobody, `nobody answers for "pikv", but there is "lab" (master l at 10.0.0.9): --cluster`},
		{"one of several", []Node{lab, m}, "", nil, ErrSeveralClusters, `"lab" (master l at 10.0.0.9), "pikv" (master m at 10.0.0.1): give --cluster NAME`},
		{"two masters", []Node{m, second, w}, "pikv", nil, ErrSeveralMasters, `master m at 10.0.0.1, master m2 at 10.0.0.3 of "pikv": stop all but one`},
		{"two masters of another cluster are its trouble", []Node{m, second, lab}, "lab", []Node{lab}, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			got, err := Choose(tt.nodes, tt.cluster)
			require.Equal(t, tt.want, got)
			require.ErrorIs(t, err, tt.err)
			if tt.says != "" {
				require.ErrorContains(t, err, tt.says)
			}
		})
	}
}

func TestALongListIsShortened(t *testing.T) {
	var nodes []Node
	for i := range 100 {
		n := node(RoleMaster, "m", "10.0.0.1")
		n.Cluster = string(rune('a'+i%26)) + string(rune('a'+i/26))
		nodes = append(nodes, n)
	}
	_, err := Choose(nodes, "")
	require.ErrorContains(t, err, "95 more")
	require.Less(t, len(err.Error()), 400)
}
