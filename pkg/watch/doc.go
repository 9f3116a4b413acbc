// Package watch is kactl watch: it takes captured frames apart, follows the
// virtual routers that they tell of, and says what happens to them. The
// [Packet] is where its two halves meet.
package watch
