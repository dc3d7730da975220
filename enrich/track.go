package enrich

// trackEvidenceMin is the least weight of evidence a track needs; below it a handful of chance words
// would decide between research and engineering.
const trackEvidenceMin = 8

// trackOf places a technical posting between research (0) and engineering (1000), per mille:
//
//	track = round(1000 * E / (R + E))
//
// where R and E are the summed weights of the distinct research and engineering phrases of
// roles/text.yaml that the description holds. It is nil for other roles and when R + E is under
// trackEvidenceMin.
func trackOf(role string, text textReading) *int {
	total := text.research + text.engineered
	if !isTechnical(role) || total < trackEvidenceMin {
		return nil
	}
	track := (1000*text.engineered + total/2) / total
	return &track
}
