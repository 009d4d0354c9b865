//! Words and numbers of what is embedded, in the language of the page that it stands on.

use crate::view::Origin;

/// A language that is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Lang {
    #[default]
    En,
    De,
    Es,
    Fr,
}

/// Every word that a chart or badge may have beside its title.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) no_data: &'static str,
    pub(crate) value: &'static str,
    pub(crate) open: &'static str,
    pub(crate) few: &'static str,
    pub(crate) missing: &'static str,
    pub(crate) simulated: &'static str,
    pub(crate) replayed: &'static str,
    pub(crate) test: &'static str,
    pub(crate) measured_by: &'static str,
    pub(crate) stale: &'static str,
    /// Days: met, close, missed, on offer and not asked.
    pub(crate) days: [&'static str; 4],
}

impl Words {
    /// What traffic that is not the usual is called.
    pub(crate) fn origin(&self, whose: Origin) -> Option<&'static str> {
        match whose {
            Origin::Organic => None,
            Origin::Simulated => Some(self.simulated),
            Origin::Replayed => Some(self.replayed),
            Origin::Test => Some(self.test),
        }
    }
}

const EN: Words = Words {
    no_data: "no data",
    value: "Value",
    open: "in progress",
    few: "fewer than 10 samples",
    missing: "not in yet",
    simulated: "simulated",
    replayed: "replayed",
    test: "load tests",
    measured_by: "measured by NaaP",
    stale: "last known",
    days: ["99 % or more served", "95 % or more", "less", "offered, not asked"],
};

const DE: Words = Words {
    no_data: "keine Daten",
    value: "Wert",
    open: "läuft noch",
    few: "weniger als 10 Messungen",
    missing: "noch nicht da",
    simulated: "simuliert",
    replayed: "wiederholt",
    test: "Lasttests",
    measured_by: "gemessen von NaaP",
    stale: "zuletzt bekannt",
    days: ["mindestens 99 % bedient", "mindestens 95 %", "weniger", "angeboten, nicht gefragt"],
};

const ES: Words = Words {
    no_data: "sin datos",
    value: "Valor",
    open: "en curso",
    few: "menos de 10 muestras",
    missing: "aún no recibido",
    simulated: "simulado",
    replayed: "reproducido",
    test: "pruebas de carga",
    measured_by: "medido por NaaP",
    stale: "último conocido",
    days: ["99 % o más atendido", "95 % o más", "menos", "ofrecido, sin pedidos"],
};

const FR: Words = Words {
    no_data: "aucune donnée",
    value: "Valeur",
    open: "en cours",
    few: "moins de 10 mesures",
    missing: "pas encore reçu",
    simulated: "simulé",
    replayed: "rejoué",
    test: "tests de charge",
    measured_by: "mesuré par NaaP",
    stale: "dernier connu",
    days: ["99 % ou plus servi", "95 % ou plus", "moins", "proposé, non demandé"],
};

impl Lang {
    /// All of them, as in an address and by their own name.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::En, "en", "English"),
        (Self::De, "de", "Deutsch"),
        (Self::Es, "es", "Español"),
        (Self::Fr, "fr", "Français"),
    ];

    /// The language of a tag such as `de-AT`; English where it is none of these.
    pub(crate) fn parse(tag: Option<&str>) -> Self {
        let main = tag.and_then(|t| t.split('-').next()).unwrap_or_default();
        let found = Self::ALL.into_iter().find(|l| l.1.eq_ignore_ascii_case(main));
        found.map_or(Self::En, |l| l.0)
    }

    pub(crate) fn tag(self) -> &'static str {
        Self::ALL.into_iter().find(|l| l.0 == self).map_or("en", |l| l.1)
    }

    pub(crate) fn words(self) -> &'static Words {
        match self {
            Self::En => &EN,
            Self::De => &DE,
            Self::Es => &ES,
            Self::Fr => &FR,
        }
    }

    /// A number as it is written there.
    pub(crate) fn number(self, plain: &str) -> String {
        match self {
            Self::En => plain.to_owned(),
            Self::De | Self::Es | Self::Fr => plain.replace('.', ","),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        assert_eq!(Lang::parse(Some("de-AT")), Lang::De);
        assert_eq!(Lang::parse(Some("xx")), Lang::En);
        assert_eq!(Lang::parse(None).tag(), "en");
        assert_eq!(Lang::Fr.number("1.5"), "1,5");
    }
}
