package resp

// commandList lists names, of a category or that look like a pattern.
func commandList(c *Call) {
	wanted := func(*Command) bool { return true }
	if args := c.Args[2:]; len(args) > 0 {
		var refusal string
		if wanted, refusal = commandFilter(args); refusal != "" {
			c.Fail(refusal)
			return
		}
	}
	var names []string
	for _, cmd := range c.table().sorted {
		if wanted(cmd) {
			names = append(names, cmd.Name)
		}
		for i := range cmd.Forms {
			if wanted(&cmd.Forms[i]) {
				names = append(names, cmd.Forms[i].Name)
			}
		}
	}
	c.Array(len(names))
	for _, name := range names {
		c.BulkString(name)
	}
}

// commandFilter reads what COMMAND LIST is to list. The word may be as long as a value:
// what takes time in proportion to it is done once.
func commandFilter(args [][]byte) (wanted func(*Command) bool, refusal string) {
	if len(args) != 3 || !equalFold(args[0], "filterby") {
		return nil, errSyntax
	}
	switch word := args[2]; {
	case equalFold(args[1], "pattern"):
		if len(word) > longestPattern {
			return nil, errPattern
		}
		p := compile(word, true)
		return func(cmd *Command) bool { return p.fitsName(cmd.Name) }, ""
	case equalFold(args[1], "aclcat"):
		return func(cmd *Command) bool { return cmd.in(word) }, ""
	case equalFold(args[1], "module"):
		return func(*Command) bool { return false }, ""
	default:
		return nil, errSyntax
	}
}

// in reports whether the command has the category, which is in any case.
func (cmd *Command) in(category []byte) bool {
	for _, own := range cmd.categories() {
		if equalFold(category, own[1:]) {
			return true
		}
	}
	return false
}
