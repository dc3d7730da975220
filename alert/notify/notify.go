// Package notify delivers alert events: to a webhook, a chat that takes Slack's form, mailboxes, a
// NATS subject or a file. A channel sends one event once; who calls it retries, counts attempts and
// keeps what could not be delivered (the bus does). Addresses come from the operator's own file and
// secrets from the environment, both passed in by cmd.
//
// What an event says was partly written by strangers, in adverts. It is never trusted: each channel
// makes it harmless for the form it writes. Secrets are in no error, so in no log and no dead letter.
//
// It knows neither NATS nor the store, keeps no clock and no state. Only cmd calls it.
package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/alert"
	"github.com/rolescope/rolescope/posting"
)

const (
	// sendTimeout bounds one attempt, so that a receiver that never answers costs a moment. Mail servers
	// that look up the sender take some seconds.
	sendTimeout = 20 * time.Second
	// EventBytesMax caps the JSON of one event: half of what a message may hold, which leaves room for
	// its dead letter, where it is kept in base64.
	EventBytesMax = posting.MessageBytesMax / 2
)

// Channel is one place that events are sent to.
type Channel interface {
	// Name is the channel's in the alerts file.
	Name() string
	// Send sends the event once and returns when the receiver has answered. An error wrapping
	// posting.ErrInvalid says that no repetition can help. It may have been delivered although an error
	// says otherwise: the answer can be lost, and the receiver tells repetitions by the event's id.
	Send(ctx context.Context, e alert.Event) error
}

// Options are the surroundings that channels need.
type Options struct {
	Lookup func(name string) (value string, ok bool) // the environment
	Now    func() time.Time                          // for signatures and the date of mails
	// Announce publishes an event on the NATS subject of its rule; nil where no bus is open.
	Announce func(ctx context.Context, rule, id string, event []byte) error
	// Proxy is asked for the proxy of webhooks, as in http.Transport; nil is none.
	Proxy   func(*http.Request) (*url.URL, error)
	Version string        // of this program, for the User-Agent
	Timeout time.Duration // of one attempt; zero is 20 s
}

// Open makes the channels of a configuration that Parse has read. It takes the secrets from the
// environment and reads certificates, and connects to nothing.
func Open(configs []Config, o Options) ([]Channel, error) {
	if o.Timeout == 0 {
		o.Timeout = sendTimeout
	}
	out := make([]Channel, 0, len(configs))
	for _, c := range configs {
		sender, secrets, err := c.open(o)
		if err != nil {
			return nil, c.errorf("%w", err)
		}
		// The longest first: a part of one that is another would leave the rest.
		slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
		out = append(out, &channel{name: c.Name, sender: sender, secrets: secrets, timeout: o.Timeout})
	}
	return out, nil
}

// sender is what the kinds of channels differ in.
type sender interface {
	send(ctx context.Context, e alert.Event) error
}

// channel adds to a sender what all have in common.
type channel struct {
	name    string
	sender  sender
	secrets []string // never to be seen in an error
	timeout time.Duration
}

func (c *channel) Name() string { return c.name }

// eventID is what an id may be, because it becomes part of headers.
var eventID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

func (c *channel) Send(ctx context.Context, e alert.Event) error {
	if !eventID.MatchString(e.ID) {
		return refusedf("the event's id %q is none", line(e.ID, 40))
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err := c.sender.send(ctx, e)
	if err == nil {
		return nil
	}
	late := errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
	if late && !errors.Is(err, posting.ErrInvalid) {
		err = fmt.Errorf("no answer within %v", c.timeout)
	}
	return &sendError{text: redact(fmt.Sprintf("send to %s: %v", c.name, err), c.secrets), err: err}
}

// sendError is an error of a channel whose text holds no secret. The chain below it may, so it is not
// unwrapped but only asked for its class.
type sendError struct {
	text string
	err  error
}

func (e *sendError) Error() string { return e.text }

func (e *sendError) Is(target error) bool {
	return (target == posting.ErrInvalid || target == context.Canceled) && errors.Is(e.err, target)
}

// refusal is an error that no repetition heals.
type refusal struct{ text string }

func refusedf(format string, args ...any) error { return &refusal{fmt.Sprintf(format, args...)} }

func (r *refusal) Error() string { return r.text }

func (r *refusal) Is(target error) bool { return target == posting.ErrInvalid }

// secretBytesMin is how long a text must be to be taken out of errors: shorter ones would garble them.
const secretBytesMin = 4

func redact(text string, secrets []string) string {
	for _, s := range secrets {
		if len(s) >= secretBytesMin {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	return line(text, reasonRunesMax)
}

// reasonRunesMax cuts errors that quote what a receiver answered.
const reasonRunesMax = 600

// Deliver sends a delivery to its channel and returns as that one's Send does.
func Deliver(ctx context.Context, channels []Channel, d posting.Delivery) error {
	i := slices.IndexFunc(channels, func(c Channel) bool { return c.Name() == d.Channel })
	if i < 0 {
		return fmt.Errorf("send to %s: the alerts file has no such channel", line(d.Channel, 64))
	}
	var e alert.Event
	if err := json.Unmarshal(d.Event, &e); err != nil {
		return fmt.Errorf("read event %s: %w: %w", d.EventID, posting.ErrInvalid, err)
	}
	if e.ID != d.EventID {
		return refusedf("the delivery of event %s holds event %q", d.EventID, line(e.ID, 40))
	}
	return channels[i].Send(ctx, e)
}

// Delivery makes the delivery of an event to a channel. It returns an error wrapping
// posting.ErrInvalid for an event over EventBytesMax.
func Delivery(e alert.Event, channel string) (posting.Delivery, error) {
	data, err := encode(e)
	if err != nil {
		return posting.Delivery{}, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	return posting.Delivery{EventID: e.ID, Channel: channel, Rule: e.Rule, Event: data}, nil
}

// encode is the JSON of an event: the same bytes each time.
func encode(e alert.Event) ([]byte, error) {
	data, err := json.Marshal(e)
	if err == nil && len(data) > EventBytesMax {
		err = refusedf("%d bytes of JSON, over the cap of %d", len(data), EventBytesMax)
	}
	return data, err
}
