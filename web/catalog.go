package web

import "sync"

// catalogue remembers for a while which roles and skills there are.
type catalogue struct{ mu sync.Mutex }
