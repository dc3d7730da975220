package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rolescope/rolescope/posting"
)

// The streams, one per arrow of the pipeline.
const (
	StreamCrawl   = "CRAWL"   // slots: work to do, each done by one crawler
	StreamRaw     = "RAW"     // raw postings and runs, kept until every consumer has them
	StreamPosting = "POSTING" // enriched postings and runs, kept until the sink has them
	StreamDead    = "DEAD"    // dead letters
	StreamAlert   = "ALERT"   // slots that plan the evaluation of a rule, each done by one alerter
	StreamReplay  = "REPLAY"  // raw postings from the archive that are read anew; nothing else is kept of it
	StreamNotify  = "NOTIFY"  // alerts to deliver, one message for each event and channel
)

// The stages' names, which are also the names of their durable consumers.
const (
	StageCrawl   = "crawl"   // on StreamCrawl
	StageArchive = "archive" // on StreamRaw
	StageEnrich  = "enrich"  // on StreamRaw
	StageSink    = "sink"    // on StreamPosting
	StageBury    = "bury"    // on StreamDead
	StageAlert   = "alert"   // on StreamAlert
	StageReplay  = "replay"  // on StreamReplay
	StageNotify  = "notify"  // on StreamNotify
)

// duplicateWindow is how long CRAWL remembers the ids of slots, which several schedulers may publish.
// In the other streams nothing is told apart: a message sent again within the window, to repair a
// store or because it failed again, must arrive, and the ids that matter later are those of the rows.
const duplicateWindow = 2 * time.Minute

// deliveryWindow is how long NOTIFY remembers the ids of deliveries: whoever evaluates rules again
// after a crash, or catches up after weeks, publishes the same ones, and nobody is told twice. Delivered
// messages stay in the stream until it is full, because a server that is started anew knows the ids of
// those that it still holds.
const deliveryWindow = 30 * 24 * time.Hour

// ackPendingMin is the least cap on delivered, unacknowledged messages of a consumer. A stage
// raises it to what its batches need, and nothing lowers it again: other processes share it.
const ackPendingMin = 1000

type streamSpec struct {
	name, prefix string
	retention    jetstream.RetentionPolicy
	consumers    []string
	duplicates   time.Duration
}

// streamSpecs lists every stream with its consumers, in the order in which a posting passes them.
func streamSpecs() []streamSpec {
	return []streamSpec{
		{StreamCrawl, "crawl", jetstream.WorkQueuePolicy, []string{StageCrawl}, duplicateWindow},
		{StreamRaw, "raw", jetstream.InterestPolicy, []string{StageArchive, StageEnrich}, duplicateWindow},
		{StreamPosting, "posting", jetstream.InterestPolicy, []string{StageSink}, duplicateWindow},
		{StreamDead, "dead", jetstream.LimitsPolicy, []string{StageBury}, duplicateWindow},
		{StreamReplay, replayPrefix, jetstream.WorkQueuePolicy, []string{StageReplay}, duplicateWindow},
		{StreamAlert, alertPrefix, jetstream.WorkQueuePolicy, []string{StageAlert}, duplicateWindow},
		{StreamNotify, notifyPrefix, jetstream.LimitsPolicy, []string{StageNotify}, deliveryWindow},
	}
}

// accounted reports whether what a stream holds is on its way to the store for the first time, so
// that somebody may wait for it: slots and alerts carry no posting, and what REPLAY holds is stored already.
func (s streamSpec) accounted() bool {
	return s.name != StreamCrawl && s.name != StreamReplay && s.name != StreamAlert && s.name != StreamNotify
}

// keeps reports whether a stream keeps what its stage has settled, until it is full.
func (s streamSpec) keeps() bool { return s.retention == jetstream.LimitsPolicy }

// alertPrefix is the first token of the subjects of slots that plan evaluations.
const alertPrefix = "alert"

// home is the stream and subject prefix of a message type published by a crawl or a person. A Run
// that a stage passes on goes to the next stream, see next.
func home(typ string) (prefix string) {
	switch typ {
	case posting.TypeSlot:
		return "crawl"
	case posting.TypePosting:
		return "posting"
	case posting.TypeDead:
		return "dead"
	case posting.TypeDelivery:
		return notifyPrefix
	default:
		return "raw"
	}
}

// next is where the output of a stage on a stream goes: a run read from RAW was enriched, or passed
// on, and belongs to POSTING.
func next(stream, typ string) (prefix string) {
	if stream == StreamRaw && typ == posting.TypeRun {
		return "posting"
	}
	return home(typ)
}

// ensureStreams makes streams, consumers and bucket. Consumers are made before anything can be
// published by this process, because a stream of the interest kind drops what nobody waits for.
func (b *Bus) ensureStreams(ctx context.Context) error {
	if _, err := b.js.AccountInfo(ctx); err != nil {
		switch {
		case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount),
			errors.Is(err, nats.ErrNoResponders):
			return fmt.Errorf("nats at %s runs without JetStream; start it with -js, or enable it for this account: %w", hosts(b.url), err)
		}
		return fmt.Errorf("ask nats at %s for JetStream: %w", hosts(b.url), err)
	}
	for _, spec := range streamSpecs() {
		if err := b.ensureStream(ctx, spec); err != nil {
			return fmt.Errorf("make stream %s: %w", spec.name, err)
		}
		for _, name := range spec.consumers {
			if err := b.ensureConsumer(ctx, spec.name, name, ackPendingMin); err != nil {
				return err
			}
		}
	}
	if err := b.ensureBoards(ctx); err != nil {
		return err
	}
	return b.ensureDone(ctx)
}

func (b *Bus) ensureStream(ctx context.Context, spec streamSpec) error {
	cfg := jetstream.StreamConfig{
		Name: spec.name, Subjects: []string{spec.prefix + ".>"},
		Retention: spec.retention, Storage: jetstream.FileStorage,
		// A full stream refuses the publisher; the default would drop the oldest message.
		Discard: jetstream.DiscardNew, MaxBytes: b.cfg.MaxBytes,
		Replicas: b.cfg.Replicas, Duplicates: spec.duplicates,
		AllowDirect: true, // lets InFlight read a message without asking the stream's leader
	}
	stream, err := b.js.Stream(ctx, spec.name)
	if err == nil && cfg.MaxBytes == 0 {
		cfg.MaxBytes = stream.CachedInfo().Config.MaxBytes
	}
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = maxBytesDefault
	}
	if err == nil {
		have := stream.CachedInfo().Config
		if have.MaxBytes == cfg.MaxBytes && have.Replicas == cfg.Replicas && have.Discard == cfg.Discard && have.Duplicates == cfg.Duplicates {
			return nil
		}
	} else if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	_, err = b.js.CreateOrUpdateStream(ctx, cfg)
	return err
}

// ensureConsumer makes a durable consumer, or raises the cap on unacknowledged messages of the one
// that exists.
func (b *Bus) ensureConsumer(ctx context.Context, stream, name string, ackPending int) error {
	cfg := jetstream.ConsumerConfig{
		Durable: name, AckPolicy: jetstream.AckExplicitPolicy, DeliverPolicy: jetstream.DeliverAllPolicy,
		AckWait: b.cfg.AckWait, MaxAckPending: ackPending,
		// Deliveries are not limited: an outage of any length must not lose a message. A message
		// that can never succeed is dead-lettered by its stage instead.
		MaxDeliver: -1,
	}
	for range 5 { // another process may make or raise it in between
		have, err := b.js.Consumer(ctx, stream, name)
		switch {
		case errors.Is(err, jetstream.ErrConsumerNotFound):
			_, err = b.js.CreateConsumer(ctx, stream, cfg)
			if errors.Is(err, jetstream.ErrConsumerExists) {
				continue
			}
		case err == nil:
			if have.CachedInfo().Config.MaxAckPending >= ackPending {
				return nil
			}
			cfg := have.CachedInfo().Config
			cfg.MaxAckPending = ackPending
			_, err = b.js.UpdateConsumer(ctx, stream, cfg)
		}
		if err != nil {
			return fmt.Errorf("make consumer %s of stream %s: %w", name, stream, err)
		}
	}
	return nil
}
