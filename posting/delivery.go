package posting

import (
	"encoding/json"
	"fmt"
)

// Delivery is one alert event on its way to one channel. The event is carried as it was written, so
// that every attempt sends the same bytes; only who sends it reads it.
type Delivery struct {
	EventID string          `json:"event_id"`
	Channel string          `json:"channel"` // name of the channel in the alerts file, never its address or secret
	Rule    string          `json:"rule"`
	Event   json.RawMessage `json:"event"`
}

// ID is the identity of a delivery: the same event for the same channel is one, however often and
// by however many processes it is published.
func (d Delivery) ID() string { return hashID("delivery", d.EventID, d.Channel) }

// Validate returns an error wrapping ErrInvalid for a delivery of nothing or to nobody.
func (d Delivery) Validate() error {
	if d.EventID == "" || d.Channel == "" || len(d.Event) == 0 {
		return fmt.Errorf("delivery: %w: it has no event, no event id or no channel", ErrInvalid)
	}
	return nil
}
