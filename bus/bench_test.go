package bus_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/bus/bustest"
	"github.com/rolescope/rolescope/posting"
)

// postingBytes is about what a recorded posting has.
const postingBytes = 5000

// BenchmarkPublish measures one posting through Publish: encoding, id, acknowledgement by a server
// that writes each message to its file and syncs once a second.
func BenchmarkPublish(b *testing.B) {
	open := openBus(b, bus.Config{MaxBytes: 16 << 30})
	values := bustest.Values(bustest.Raws(b, b.N, postingBytes))
	b.ResetTimer()
	bustest.Publish(b, open, values...)
}

// BenchmarkPublishBare is the limit BenchmarkPublish is held against: the same bytes, encoded
// before, through nats.go alone.
func BenchmarkPublishBare(b *testing.B) {
	open := openBus(b, bus.Config{MaxBytes: 16 << 30})
	nc, err := nats.Connect(open.ClientURL())
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(1024))
	if err != nil {
		b.Fatal(err)
	}
	var data [][]byte
	for _, raw := range bustest.Raws(b, b.N, postingBytes) {
		m, err := posting.Encode(raw)
		if err != nil {
			b.Fatal(err)
		}
		data = append(data, m.Data)
	}
	b.ResetTimer()
	for _, d := range data {
		if _, err := js.PublishAsync("raw.a.b", d); err != nil {
			b.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
}

// BenchmarkStage measures one posting through a stage that does nothing: pull, decode, acknowledge.
func BenchmarkStage(b *testing.B) {
	open := openBus(b, bus.Config{MaxBytes: 16 << 30})
	bustest.Publish(b, open, bustest.Values(bustest.Raws(b, b.N, postingBytes))...)
	k := bustest.NewKeep()
	b.ResetTimer()
	bustest.Start(b, open, bus.Stage{
		Name: bus.StageArchive, Workers: 2, BatchRows: 10_000, BatchBytes: 64 << 20, BatchAge: time.Second / 10, Handle: k.Handle,
	})
	k.Batches(b, b.N)
}
