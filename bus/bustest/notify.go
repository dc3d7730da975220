package bustest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/posting"
)

// Deliveries are n invented deliveries of events of size bytes each.
func Deliveries(n, size int) []posting.Delivery {
	out := make([]posting.Delivery, n)
	for i := range out {
		out[i] = posting.Delivery{
			EventID: fmt.Sprint("event", i), Channel: "ops", Rule: "emerging",
			Event: json.RawMessage(`{"id":"event","text":"` + strings.Repeat("x", size) + `"}`),
		}
	}
	return out
}

// testNotifyOnce: who publishes an event again, also another process and also when it was delivered
// long since, tells nobody twice.
func testNotifyOnce(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	sent := Deliveries(3, 10)
	Publish(t, b, Values(sent)...)
	k := NewKeep()
	stop := Start(t, b, bus.Stage{Name: bus.StageNotify, Once: true, Handle: k.Handle})
	k.Wait(t, 3)
	stopped := stop() // what is done is remembered by now, as after an acknowledgement that a kill lost
	for _, d := range sent {
		if err := b.Retry(t.Context(), bus.Dead(bus.StageNotify, d, errTrouble, time.Time{})); err != nil {
			t.Fatal(err)
		}
	}
	stop = Start(t, b, bus.Stage{Name: bus.StageNotify, Once: true, Handle: k.Handle})
	Publish(t, open(t, bus.Config{URL: b.ClientURL()}), Values(sent)...)
	other := sent[0]
	other.Channel = "chat" // another delivery of the same event
	Publish(t, b, other)
	got := k.Wait(t, 4)
	if err := errors.Join(stopped, stop()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append(Values(sent), other), got); diff != "" {
		t.Errorf("delivered (-want +got):\n%s", diff)
	}
}

// testNotifyGivesUp: a delivery that fails as often as its stage allows is a dead letter with the last
// reason, and can be sent again.
func testNotifyGivesUp(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	sent := Deliveries(2, 10)
	Publish(t, b, Values(sent)...)
	attempts := make(chan string, 100)
	healed := make(chan struct{})
	k := NewKeep()
	Start(t, b, bus.Stage{
		Name: bus.StageNotify, BatchRows: 1, Retry: bus.Retry{DelayMin: time.Millisecond, DelayMax: 4 * time.Millisecond, Attempts: 3},
		Handle: func(ctx context.Context, batch []any) []bus.Result {
			d := batch[0].(posting.Delivery)
			attempts <- d.EventID
			select {
			case <-healed:
				return k.Handle(ctx, batch)
			default:
			}
			if d.EventID == "event0" {
				return []bus.Result{{Err: errTrouble}}
			}
			return []bus.Result{{Err: fmt.Errorf("no such mailbox: %w", posting.ErrInvalid)}}
		},
	})
	dead := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageBury, Handle: dead.Handle})
	reasons := map[string]string{}
	for _, v := range dead.Wait(t, 2) {
		letter := v.(posting.Dead)
		reasons[letter.Subject] += letter.Reason + ";"
		if letter.Stage != bus.StageNotify || letter.Source != "ops" || letter.Board != "emerging" || letter.Type != posting.TypeDelivery {
			t.Errorf("letter %+v", letter)
		}
	}
	for _, want := range []string{"given up after 3 deliveries: some trouble;", "no such mailbox: invalid message;"} {
		if !strings.Contains(reasons["notify.ops.emerging"], want) {
			t.Errorf("reasons %q do not hold %q", reasons, want)
		}
	}
	count := map[string]int{}
	for range 4 {
		count[<-attempts]++
	}
	if count["event0"] != 3 || count["event1"] != 1 || len(attempts) > 0 {
		t.Errorf("attempts %v and %d more, want 3 of what may heal and 1 of what cannot", count, len(attempts))
	}
	close(healed)
	for _, v := range dead.Wait(t, 2) {
		if err := b.Retry(t.Context(), v.(posting.Dead)); err != nil {
			t.Fatal(err)
		}
	}
	if got := k.Wait(t, 2); len(got) != 2 {
		t.Errorf("%d sent again", len(got))
	}
}

// testNotifyHoldsNobody: alerts that nobody delivers do not keep a command from its end, and delivered ones
// do not fill the stream.
func testNotifyHoldsNobody(t *testing.T, open Open) {
	b := open(t, bus.Config{MaxBytes: 2 << 20})
	sent := Deliveries(40, 200<<10)
	Publish(t, b, sent[0])
	Drained(t, b)
	k := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageNotify, BatchRows: 2, Handle: k.Handle})
	Publish(t, b, Values(sent)...)
	if got := k.Wait(t, len(sent)); len(got) != len(sent) {
		t.Errorf("%d of %d delivered", len(got), len(sent))
	}
}

func testAnnounce(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	nc, err := nats.Connect(b.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	sub, err := nc.SubscribeSync("alerts.>")
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	for rule, subject := range map[string]string{"emerging": "alerts.emerging", "a.b >*": "alerts.a=2Eb=20=3E=2A"} {
		if err := b.Announce(t.Context(), rule, "e1", []byte(`{"id":"e1"}`)); err != nil {
			t.Fatal(err)
		}
		msg, err := sub.NextMsg(deadline)
		if err != nil {
			t.Fatal(err)
		}
		if msg.Subject != subject || msg.Header.Get("Nats-Msg-Id") != "e1" || string(msg.Data) != `{"id":"e1"}` {
			t.Errorf("%s: got %s, %v, %s", rule, msg.Subject, msg.Header, msg.Data)
		}
	}
	for _, err := range []error{
		b.Announce(t.Context(), strings.Repeat("r", 2000), "e", nil),
		b.Announce(t.Context(), "r", "e", make([]byte, 9<<20)),
	} {
		if !errors.Is(err, posting.ErrInvalid) {
			t.Errorf("what no subscriber can get: %v", err)
		}
	}
}
