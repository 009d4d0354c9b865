//! Titles of charts in the languages that embeds speak; English is in the catalogue.

use crate::lang::Lang;

/// German, Spanish, French.
const TITLES: &[(&str, [&str; 3])] = &[
    (
        "requests",
        [
            "Angefragte Sitzungen nach Ausgang",
            "Sesiones pedidas, por resultado",
            "Sessions demandées, par issue",
        ],
    ),
    ("requested", ["Angefragte Sitzungen", "Sesiones pedidas", "Sessions demandées"]),
    ("success", ["Erfolgsquote", "Tasa de éxito", "Taux de réussite"]),
    ("minutes", ["Gestreamte Minuten", "Minutos transmitidos", "Minutes diffusées"]),
    (
        "missing",
        [
            "Fehlende Minuten, höchstens",
            "Minutos que faltan, como máximo",
            "Minutes manquantes, au plus",
        ],
    ),
    (
        "unserved",
        ["Anfragen ohne Orchestrator", "Peticiones sin orquestador", "Demandes sans orchestrateur"],
    ),
    ("fees", ["Gebühren, Erwartungswert", "Tarifas, valor esperado", "Frais, valeur attendue"]),
    ("swaps", ["Wechsel", "Cambios", "Changements"]),
    ("interrupted", ["Unterbrochene Sitzungen", "Sesiones interrumpidas", "Sessions interrompues"]),
    ("jitter", ["Schwankung der Ausgabe", "Variación de la salida", "Gigue de la sortie"]),
    ("startup", ["Anlaufzeit", "Tiempo de arranque", "Temps de démarrage"]),
    ("playable", ["Zeit bis zum Abspielen", "Tiempo hasta reproducirse", "Temps avant lecture"]),
    (
        "first-frame",
        [
            "Vom Prompt zum ersten Bild",
            "Del prompt al primer fotograma",
            "Du prompt à la première image",
        ],
    ),
    (
        "latency",
        [
            "Medienlatenz von Ende zu Ende",
            "Latencia de extremo a extremo",
            "Latence de bout en bout",
        ],
    ),
    (
        "fps",
        [
            "Ausgegebene Bilder pro Sekunde",
            "Fotogramas por segundo de salida",
            "Images par seconde en sortie",
        ],
    ),
    ("job-duration", ["Dauer der Aufträge", "Duración de los trabajos", "Durée des tâches"]),
    (
        "first-token",
        [
            "Zeit bis zum ersten Token",
            "Tiempo hasta el primer token",
            "Temps avant le premier jeton",
        ],
    ),
    (
        "startup-spread",
        ["Anlaufzeit im Vergleich", "Tiempo de arranque, comparado", "Temps de démarrage, comparé"],
    ),
    (
        "first-frame-spread",
        ["Erstes Bild im Vergleich", "Primer fotograma, comparado", "Première image, comparée"],
    ),
    ("latency-spread", ["Medienlatenz im Vergleich", "Latencia, comparada", "Latence, comparée"]),
    (
        "fps-spread",
        [
            "Bilder pro Sekunde im Vergleich",
            "Fotogramas por segundo, comparados",
            "Images par seconde, comparées",
        ],
    ),
    (
        "slots",
        ["Angebotene und freie Plätze", "Plazas ofrecidas y libres", "Places offertes et libres"],
    ),
    (
        "orchestrators-online",
        ["Orchestratoren im Angebot", "Orquestadores disponibles", "Orchestrateurs disponibles"],
    ),
    ("warm", ["Geladene Modelle", "Modelos cargados", "Modèles chargés"]),
    ("gpu-hours", ["Angebotene GPU-Stunden", "Horas de GPU ofrecidas", "Heures de GPU offertes"]),
    ("models", ["Minuten nach Modell", "Minutos por modelo", "Minutes par modèle"]),
    (
        "regions",
        [
            "Angefragte Sitzungen nach Region",
            "Sesiones pedidas por región",
            "Sessions demandées par région",
        ],
    ),
    (
        "region-success",
        [
            "Erfolg nach Region und Workflow",
            "Éxito por región y flujo",
            "Réussite par région et flux",
        ],
    ),
    (
        "region-demand",
        [
            "Anfragen nach Region und Workflow",
            "Peticiones por región y flujo",
            "Demandes par région et flux",
        ],
    ),
    (
        "region-missing",
        [
            "Fehlende Kapazität nach Region und Workflow",
            "Capacidad que falta por región y flujo",
            "Capacité manquante par région et flux",
        ],
    ),
    ("top-models", ["Modelle nach Minuten", "Modelos por minutos", "Modèles par minutes"]),
    (
        "top-gateways",
        ["Gateways nach Anfragen", "Pasarelas por peticiones", "Passerelles par demandes"],
    ),
    ("gateway-success", ["Erfolg nach Gateway", "Éxito por pasarela", "Réussite par passerelle"]),
    ("model-success", ["Erfolg nach Modell", "Éxito por modelo", "Réussite par modèle"]),
    (
        "model-missing",
        [
            "Anfragen ohne Orchestrator nach Modell",
            "Peticiones sin orquestador por modelo",
            "Demandes sans orchestrateur par modèle",
        ],
    ),
    ("model-slots", ["Plätze nach Modell", "Plazas por modelo", "Places par modèle"]),
    ("gpus", ["GPU-Stunden nach Name", "Horas de GPU por nombre", "Heures de GPU par nom"]),
    ("days", ["Neunzig Tage", "Noventa días", "Quatre-vingt-dix jours"]),
    ("score", ["SLA-Wert", "Puntuación SLA", "Score SLA"]),
    (
        "costs",
        [
            "Was jeder Teil den Wert gekostet hat",
            "Lo que cada término restó",
            "Ce que chaque terme a coûté",
        ],
    ),
    (
        "prices",
        [
            "Preis einer Minute Live-Video",
            "Precio de un minuto de vídeo en directo",
            "Prix d’une minute de vidéo en direct",
        ],
    ),
    ("node-cpu", ["Prozessor, ausgelastet", "Procesador, ocupado", "Processeur, occupé"]),
    ("node-memory", ["Belegter Speicher", "Memoria en uso", "Mémoire utilisée"]),
    ("node-traffic", ["Verkehr mit anderen", "Tráfico con otros", "Trafic avec d’autres"]),
];

/// The title of a chart in a language; none in English.
pub(super) fn title(id: &str, lang: Lang) -> Option<&'static str> {
    let [de, es, fr] = TITLES.iter().find(|t| t.0 == id)?.1;
    match lang {
        Lang::En => None,
        Lang::De => Some(de),
        Lang::Es => Some(es),
        Lang::Fr => Some(fr),
    }
}

#[cfg(test)]
mod tests {
    use super::super::PANELS;
    use super::*;

    #[test]
    fn no_title_is_missing_in_any_language() {
        for panel in PANELS {
            for (lang, tag, _) in Lang::ALL.into_iter().filter(|l| l.0 != Lang::En) {
                assert!(title(panel.id, lang).is_some(), "{} in {tag}", panel.id);
            }
        }
        assert_eq!(TITLES.len(), PANELS.len(), "and none is of a chart that there is not");
    }
}
