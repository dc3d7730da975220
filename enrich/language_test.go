package enrich

import "testing"

func TestLanguage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, claim, want string }{
		"english":                      {"We are looking for an engineer who will own our data platform and work with the team to make it better for all of our users.", "", "en"},
		"german":                       {"Wir suchen eine Person, die mit uns die Plattform weiterentwickelt und Freude an guter Software hat. Du arbeitest mit dem Team in Berlin.", "", "de"},
		"addresses":                    {"Acme Anvils, Oslo. Senior Engineer: https://jobs.acme.example.com/one.com Junior Engineer: https://acme.com/two.com Designer: acme.com/three Analyst: acme.com", "", ""},
		"lone article":                 {"Acme recruits: a Java developer, a Go developer, a designer, a tester, a writer, a recruiter, Oslo, Bergen", "", ""},
		"german over en":               {"Wir suchen eine Person, die mit uns die Plattform weiterentwickelt und Freude an guter Software hat. Du arbeitest mit dem Team in Berlin.", "en", "de"},
		"denglish":                     {"Als Data Engineer (m/w/d) baust du mit uns die Cloud Data Platform auf: Kafka, Spark, dbt, Airflow, Snowflake. Du hast Erfahrung mit Python und SQL und arbeitest gerne im Team.", "", "de"},
		"french":                       {"Nous recherchons une personne pour rejoindre notre équipe. Vous serez en charge de la plateforme de données et des outils pour nos clients.", "", "fr"},
		"spanish":                      {"Buscamos una persona para nuestro equipo de datos. Trabajarás con los mejores y tendrás un impacto en el producto que usan las empresas.", "", "es"},
		"portuguese":                   {"Buscamos uma pessoa para o nosso time de dados. Você vai trabalhar com os melhores e ter um impacto no produto que as empresas usam.", "", "pt"},
		"dutch":                        {"Wij zoeken een ontwikkelaar voor ons team in Utrecht. Je werkt met de nieuwste technieken en hebt veel vrijheid om zelf keuzes te maken.", "", "nl"},
		"italian":                      {"Cerchiamo una persona per il nostro team di dati. Lavorerai con i migliori e avrai un impatto sul prodotto che le aziende usano ogni giorno.", "", "it"},
		"polish":                       {"Szukamy osoby, która dołączy do naszego zespołu i będzie pracować nad platformą danych. To jest praca dla Ciebie, jeśli lubisz się uczyć.", "", "pl"},
		"swedish":                      {"Vi söker dig som vill vara med och bygga vår plattform. Du kommer att arbeta i ett team med erfarna utvecklare och det är viktigt att du trivs.", "", "sv"},
		"japanese":                     {"私たちはデータ基盤を一緒に作るエンジニアを探しています。PythonとKubernetesの経験がある方を歓迎します。", "", "ja"},
		"chinese":                      {"我们正在寻找一位数据工程师加入我们的团队，负责平台的设计与开发，熟悉 Python 和 Spark。", "", "zh"},
		"chinese with its translation": {"我们正在寻找一位数据工程师加入我们的团队，负责平台的设计与开发。你将与产品和研究团队合作。 We are looking for a data engineer to join our team and own the platform.", "", "zh"},
		"english with a greeting":      {"こんにちは、東京。 We are looking for a data engineer to join our team and own the platform with us, who will work with the people in the field.", "", "en"},
		"korean":                       {"우리는 데이터 플랫폼을 함께 만들 엔지니어를 찾고 있습니다. Python 경험이 있는 분을 환영합니다.", "", "ko"},
		"russian":                      {"Мы ищем инженера, который вместе с командой будет развивать нашу платформу данных.", "", "ru"},
		"too short":                    {"Python, Go, Kubernetes", "", ""},
		"claim":                        {"Python, Go, Kubernetes", "de-DE", "de"},
		"bad claim":                    {"Python", "englisch", ""},
		"terms only":                   {"Python Go Kubernetes Docker Terraform Kafka Spark Airflow Snowflake Redis Postgres Linux Bash Git Jenkins", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := language(readDocument("", tt.text), tt.claim); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
