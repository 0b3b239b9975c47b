package eventloop

import "testing"

func TestTable(t *testing.T) {
	var tab table
	first, second := new(sock), new(sock)
	p1, g1 := tab.put(first)
	p2, g2 := tab.put(second)
	if tab.get(p1, g1) != first || tab.get(p2, g2) != second || tab.len() != 2 {
		t.Error("they are not found")
	}
	tab.remove(p1)
	if tab.get(p1, g1) != nil || tab.len() != 1 {
		t.Error("it is found after it was removed")
	}
	third := new(sock)
	p3, g3 := tab.put(third)
	if p3 != p1 {
		t.Error("the free place is not used again")
	}
	if tab.get(p1, g1) != nil {
		t.Error("an event of the old connection reaches the new one")
	}
	if tab.get(p3, g3) != third || len(tab.list()) != 2 {
		t.Error("the new one is not found")
	}
}
