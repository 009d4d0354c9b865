//! Heat maps: one thing by another.

use maud::html;
use serde_json::{Value, json};

use super::{Drawing, FEW, Place, Table, WIDTH, at, count, drawing, fitted, number, written};
use crate::lang::Lang;
use crate::text::Unit;

/// A cell that there are samples for; others are empty, and not 0.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    pub(crate) row: usize,
    pub(crate) column: usize,
    pub(crate) value: Option<f64>,
    pub(crate) n: u64,
}

/// Values of rows × columns.
#[derive(Debug, Clone)]
pub(crate) struct Heat {
    pub(crate) rows: Vec<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) unit: Unit,
}

const LEFT: f64 = 96.0;
const HEAD: f64 = 34.0;
const ROW: f64 = 26.0;
/// Steps of colour; the number stands in the cell anyway.
const STEPS: f64 = 5.0;

impl Heat {
    fn step(&self, value: f64) -> u8 {
        let values = || self.cells.iter().filter_map(|c| c.value);
        let most = values().reduce(f64::max).unwrap_or(1.0);
        let (low, high) =
            if self.unit == Unit::Share { (0.5, 1.0) } else { (0.0, most.max(f64::MIN_POSITIVE)) };
        let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
        [0u8, 1, 2, 3, 4, 5].into_iter().rev().find(|s| f64::from(*s) <= part * STEPS).unwrap_or(0)
    }

    pub(crate) fn svg(&self, place: Place<'_>) -> Drawing {
        let width = (WIDTH - LEFT) / count(self.columns.len().max(1));
        let height = HEAD + ROW * count(self.rows.len()) + 2.0;
        let letters = if width > 90.0 {
            15
        } else if width > 60.0 {
            9
        } else {
            6
        };
        let inner = html! {
            @for (i, name) in self.columns.iter().enumerate() {
                text.scale.middle x=(at(LEFT + width * (count(i) + 0.5))) y=(HEAD - 8.0) { (fitted(name, letters)) title { (name) } }
            }
            @for (i, name) in self.rows.iter().enumerate() {
                text.scale.end x=(LEFT - 6.0) y=(at(HEAD + ROW * (count(i) + 0.5) + 3.5)) { (fitted(name, 15)) }
            }
            @for cell in &self.cells {
                @let (x, y) = (LEFT + width * count(cell.column), HEAD + ROW * count(cell.row));
                @let value = cell.value.unwrap_or(0.0);
                g {
                    title { (self.says(cell, place.lang)) }
                    rect class=(self.class(cell)) x=(at(x + 1.0)) y=(at(y + 1.0)) width=(at(width - 2.0)) height=(ROW - 2.0) {}
                    @if cell.value.is_some() {
                        text class=(format!("on h{}", self.step(value))) x=(at(x + width / 2.0)) y=(at(y + ROW / 2.0 + 4.0)) { (self.unit.brief(value, place.lang)) }
                    }
                }
            }
        };
        drawing(place, height, &self.words(place.lang), inner)
    }

    fn class(&self, cell: &Cell) -> String {
        let few = if cell.n < FEW { " few" } else { "" };
        match cell.value {
            Some(v) => format!("heat h{}{few}", self.step(v)),
            None => "heat none".to_owned(),
        }
    }

    fn says(&self, cell: &Cell, lang: Lang) -> String {
        let name = |names: &[String], i: usize| names.get(i).cloned().unwrap_or_default();
        let (row, column) = (name(&self.rows, cell.row), name(&self.columns, cell.column));
        format!("{row}, {column}: {} (n = {})", written(cell.value, self.unit, lang), cell.n)
    }

    fn words(&self, lang: Lang) -> String {
        let said: Vec<String> = self.cells.iter().take(40).map(|c| self.says(c, lang)).collect();
        said.join("; ")
    }

    pub(crate) fn table(&self, lang: Lang) -> Table {
        let mut head = vec!["Name".to_owned()];
        head.extend(self.columns.iter().cloned());
        let rows = self.rows.iter().enumerate().map(|(r, name)| {
            let mut row = vec![name.clone()];
            row.extend((0..self.columns.len()).map(|c| {
                let cell = self.cells.iter().find(|x| x.row == r && x.column == c);
                cell.map_or_else(String::new, |c| {
                    let text = written(c.value, self.unit, lang);
                    if c.n < FEW { format!("{text} (n = {})", c.n) } else { text }
                })
            }));
            row
        });
        Table { head, rows: rows.collect() }
    }

    pub(crate) fn json(&self) -> Value {
        let cells: Vec<Value> = self
            .cells
            .iter()
            .map(|c| {
                json!([self.rows.get(c.row), self.columns.get(c.column), number(c.value), c.n])
            })
            .collect();
        json!({ "form": "heat", "unit": self.unit.word(), "cells": cells })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_asked_for_is_empty_and_few_look_so() {
        let heat = Heat {
            rows: vec!["eu".into(), "us".into()],
            columns: vec!["m".into()],
            cells: vec![
                Cell { row: 0, column: 0, value: Some(1.0), n: 50 },
                Cell { row: 1, column: 0, value: Some(0.5), n: 2 },
            ],
            unit: Unit::Share,
        };
        let place = Place { id: "h", title: "Heat", lang: Lang::default() };
        let svg = heat.svg(place).alone().into_string();
        assert!(svg.contains("heat h5\"") && svg.contains("heat h0 few"), "{svg}");
        let rows = heat.table(Lang::default()).rows;
        assert_eq!(rows, [["eu", "100 %"], ["us", "50 % (n = 2)"]]);
    }
}
