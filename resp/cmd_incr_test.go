package resp

import "testing"

func TestNumbers(t *testing.T) {
	const overflow = "-ERR increment or decrement would overflow"
	talk(t,
		exchange{"INCR n", ":1"}, exchange{"INCR n", ":2"}, exchange{"DECR n", ":1"}, exchange{"DECR m", ":-1"}, exchange{"GET m", "-1"},
		exchange{"INCRBY n 10", ":11"}, exchange{"INCRBY n -20", ":-9"}, exchange{"DECRBY n 5", ":-14"}, exchange{"DECRBY n -50", ":36"},
		exchange{"INCRBY n 1.5", "-" + errNotInteger}, exchange{"INCRBY n +5", "-" + errNotInteger}, exchange{"INCRBY n 9223372036854775808", "-" + errNotInteger},
		exchange{"DECRBY n -9223372036854775808", "-ERR decrement would overflow"},
		exchange{"SET n 9223372036854775807", "+OK"}, exchange{"INCR n", overflow}, exchange{"INCRBY n 0", ":9223372036854775807"}, exchange{"DECR n", ":9223372036854775806"},
		exchange{"SET n -9223372036854775808", "+OK"}, exchange{"DECR n", overflow}, exchange{"INCRBY n -1", overflow}, exchange{"DECRBY n 9223372036854775807", overflow},
		exchange{"INCRBY n -9223372036854775808", overflow}, exchange{"INCRBY n 9223372036854775807", ":-1"},
		exchange{"SET n 5 EX 100", "+OK"}, exchange{"INCR n", ":6"}, exchange{"TTL n", ":100"},
	)
	for _, value := range []string{"abc", "''", "01", "+1", "-0", "1.0", "9223372036854775808", "1e3", "999999999999999999999999"} {
		talk(t, exchange{"SET n " + value, "+OK"}, exchange{"INCR n", "-" + errNotInteger}, exchange{"DECRBY n 1", "-" + errNotInteger})
	}
}
