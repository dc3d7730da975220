// Package alert holds rules as data and decides, from answers to questions, what changed its state:
// which category emerged, which board fell silent, which level was crossed. It keeps no clock, opens
// no store and sends nothing: an evaluation is a function of the rules, a time, what the asker answers
// and the states before. Its subfolder notify delivers events. cmd wires both; it never knows the
// store, NATS or HTTP.
package alert

// Kind is what a rule looks at.
type Kind string

// The kinds of rules.
const (
	KindEmerging    Kind = "emerging"          // a category of jobs comes up
	KindNewSkill    Kind = "new_skill_in_role" // a skill comes up in a role that did not ask for it
	KindLevel       Kind = "level"             // a share or a similarity crosses a level
	KindVolumeDrop  Kind = "volume_drop"       // a role's new vacancies fall
	KindBoardSilent Kind = "board_silent"      // a board has not been read for too long
	KindRunSuspect  Kind = "run_suspect"       // a board's crawl lost half of it at once, or was refused
	KindBacklog     Kind = "backlog"           // messages wait for too long or are too many
	KindDeadLetters Kind = "dead_letters"      // dead letters grow
)

// Kinds are all of them.
func Kinds() []Kind {
	return []Kind{KindEmerging, KindNewSkill, KindLevel, KindVolumeDrop, KindBoardSilent, KindRunSuspect, KindBacklog, KindDeadLetters}
}
