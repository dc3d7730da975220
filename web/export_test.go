package web

// What the tests of the outside look into.
type Segment = segment

var Segments = segments

const (
	Policy     = policy
	AskersMax  = askersMax
	WaitersMax = waitersMax
	MemoryAge  = memoryAge
	KeptMax    = keptMax
)
