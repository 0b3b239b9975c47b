package discovery

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

func TestChoose(t *testing.T) {
	m, w := node(RoleMaster, "m", "10.0.0.1"), node(RoleWorker, "w", "10.0.0.2")
	second := node(RoleMaster, "m2", "10.0.0.3")
	lab := node(RoleMaster, "l", "10.0.0.9")
	lab.Cluster = "lab"
	at := func(n Node, id placement.MasterID) Node { n.Master = id; return n }
	first, second1, later := placement.NewMasterID(1, 5), placement.NewMasterID(1, 6), placement.NewMasterID(2, 6)
	w3 := node(RoleWorker, "w3", "10.0.0.4")
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
		{"two masters", []Node{second, m, w}, "pikv", nil, ErrSeveralMasters, `master m at 10.0.0.1, master m2 at 10.0.0.3 of "pikv": stop all but one`},
		{"two homes of one name", []Node{at(w, second1), at(m, first)}, "pikv", nil, ErrSameName,
			`master m at 10.0.0.1 and worker w at 10.0.0.2 of "pikv" follow different masters: give each cluster its --cluster`},
		{"two homes without their masters", []Node{at(w, second1), w3, at(w3, first)}, "", nil, ErrSameName, "worker w at 10.0.0.2 and worker w3"},
		{"nobody to follow yet", []Node{w, at(m, first), at(w3, first)}, "pikv", []Node{at(m, first), w, at(w3, first)}, nil, ""},
		{"a master that has lost its table", []Node{at(m, later), at(w, first)}, "pikv", []Node{at(m, later), at(w, first)}, nil, ""},
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
