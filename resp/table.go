package resp

import "slices"

// longestName bounds the names of commands.
const longestName = 32

// table finds commands by their names.
type table struct {
	byName map[string]*Command
	sorted []*Command // by name
	all    []*Command // by their place, forms included; the first one stands for those that there are not
}

// newTable has all commands that there are: one function for each family, in a
// file of its own.
func newTable() *table {
	t := &table{byName: make(map[string]*Command)}
	for _, family := range [][]Command{
		connectionCommands(), clientCommands(), commandCommands(), clusterCommands(), serverCommands(), configCommands(), infoCommands(),
		stringCommands(), keyCommands(), allKeysCommands(), objectCommands(),
	} {
		for i := range family {
			cmd := &family[i]
			t.byName[cmd.Name] = cmd
			t.sorted = append(t.sorted, cmd)
		}
	}
	slices.SortFunc(t.sorted, func(a, b *Command) int {
		switch {
		case a.Name < b.Name:
			return -1
		case a.Name > b.Name:
			return 1
		default:
			return 0
		}
	})
	t.all = []*Command{&unknown}
	for _, cmd := range t.sorted {
		t.place(cmd)
		for i := range cmd.Forms {
			t.place(&cmd.Forms[i])
		}
	}
	return t
}

func (t *table) place(cmd *Command) {
	cmd.place = len(t.all)
	t.all = append(t.all, cmd)
}

// find returns the command of a name, in any case; nil: there is none.
func (t *table) find(name []byte) *Command {
	if len(name) > longestName {
		return nil
	}
	var lower [longestName]byte
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	return t.byName[string(lower[:len(name)])]
}
