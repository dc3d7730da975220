package main

import "time"

// foreign lists the adverts that are not in English.
func foreign(c employer) []advert {
	ml, ds := modelRoles()[0], dataRoles()[0]
	switch c.board {
	case "hollowpine":
		return []advert{{
			role: ml, title: "Machine Learning Engineer (m/w/d)", place: berlin, workplace: "hybrid", contract: "full", copyOf: -1,
			pay: [2]int{72000, 92000}, published: time.Date(2025, 12, 2, 8, 15, 0, 0, time.UTC),
			sections: []section{
				{heading: "Über uns", text: "Hollowpine zählt Bäume aus dem All. Forstbetriebe, Versicherungen und drei Ministerien sehen mit unseren Karten Stürme, Borkenkäfer und illegalen Einschlag innerhalb eines Tages. Wir sind ein kleines Team mit einem großen Archiv."},
				{heading: "Deine Aufgaben", items: []string{"Du trainierst und betreibst Modelle für Satellitenbilder", "Du baust Datenpipelines, die täglich mehrere Terabyte verarbeiten", "Du sorgst dafür, dass Ergebnisse nachvollziehbar bleiben"}},
				{heading: "Dein Profil", items: []string{"Mindestens drei Jahre Berufserfahrung mit maschinellem Lernen", "Sehr gute Kenntnisse in Python und PyTorch", "Erfahrung mit Kubernetes und Docker", "Gute Deutsch- und Englischkenntnisse"}},
				{heading: "Von Vorteil", items: []string{"Erfahrung mit verteiltem Training und CUDA", "Kenntnisse in Fernerkundung"}},
				{heading: "Was wir bieten", items: []string{"30 Tage Urlaub und jeder fünfte Freitag frei", "Deutschlandticket", "Beteiligung am Unternehmen"}},
			},
		}}
	case "orlbeck-speech":
		return []advert{{
			role: ds, title: "Data Scientist (H/F)", place: paris, workplace: "Hybrid", contract: "full", copyOf: -1,
			pay: [2]int{58000, 72000}, published: time.Date(2025, 11, 18, 9, 40, 0, 0, time.UTC),
			sections: []section{
				{heading: "À propos", text: "Orlbeck Speech donne une voix aux petites langues. Nos modèles de reconnaissance et de synthèse fonctionnent sur un téléphone, dans 70 langues, dont 40 que personne d'autre ne prend en charge."},
				{heading: "Vos missions", items: []string{"Analyser la qualité de nos modèles langue par langue", "Concevoir des expériences et en présenter les résultats", "Construire des tableaux de bord utiles à toute l'équipe"}},
				{heading: "Votre profil", items: []string{"Trois ans d'expérience en science des données", "Maîtrise de Python, SQL et scikit-learn", "Master en statistiques, linguistique computationnelle ou équivalent"}},
				{heading: "Les plus", items: []string{"Expérience en traitement automatique des langues", "Connaissance de PyTorch"}},
				{heading: "Avantages", items: []string{"35 jours de congés", "Titres-restaurant", "Plan d'actionnariat salarié"}},
			},
		}}
	}
	return nil
}
