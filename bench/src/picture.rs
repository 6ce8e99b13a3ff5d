//! Latency over table size as a picture.

use std::ops::Range;

use anyhow::{Result, ensure};
use plotters::coord::combinators::LogCoord;
use plotters::prelude::*;

use crate::curve::Point;
use crate::table::thousands;
use crate::times::Times;

const SIZE: (u32, u32) = (900, 520);
const COLORS: [RGBColor; 4] = [
    RGBColor(0x1f, 0x77, 0xb4),
    RGBColor(0x2c, 0xa0, 0x2c),
    RGBColor(0xff, 0x7f, 0x0e),
    RGBColor(0xd6, 0x27, 0x28),
];

/// Room for the legend above the lines.
const HEADROOM: f64 = 8.0;

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<LogCoord<f64>, LogCoord<f64>>>;

/// An SVG with a line for the median of each kind of request, and a thin one for its 99th percentile.
///
/// # Errors
/// Without two sizes there is no line.
pub(crate) fn draw(curve: &[Point]) -> Result<String> {
    ensure!(curve.len() > 1, "of one size there is no line");
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(drawn)?;
        let sizes = curve.iter().map(|point| point.opportunities as f64);
        let mut chart = ChartBuilder::on(&area)
            .caption("Latency over table size, one client", ("sans-serif", 22))
            .margin(16)
            .margin_right(48)
            .x_label_area_size(48)
            .y_label_area_size(64)
            .build_cartesian_2d(span(sizes).log_scale(), heights(curve).log_scale())
            .map_err(drawn)?;
        mesh(&mut chart)?;
        for (kind, color) in (0..curve[0].times.len()).zip(COLORS) {
            lines(&mut chart, curve, kind, color)?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .label_font(("sans-serif", 15))
            .background_style(WHITE)
            .border_style(BLACK.mix(0.3))
            .draw()
            .map_err(drawn)?;
        area.present().map_err(drawn)?;
    }
    Ok(svg)
}

fn mesh(chart: &mut Chart) -> Result<()> {
    chart
        .configure_mesh()
        .x_desc("opportunities in the organisation")
        .y_desc("milliseconds; thick: median, thin: 99th percentile")
        .x_label_formatter(&|size| thousands(*size))
        .y_label_formatter(&|millis| format!("{millis}"))
        .label_style(("sans-serif", 15))
        .light_line_style(TRANSPARENT)
        .draw()
        .map_err(drawn)
}

/// The two lines of one kind of request.
fn lines(chart: &mut Chart, curve: &[Point], kind: usize, color: RGBColor) -> Result<()> {
    let line = |of: fn(&Times) -> f64| {
        let points = curve.iter().map(|point| {
            let (_, times) = &point.times[kind];
            (point.opportunities as f64, of(times))
        });
        points.collect::<Vec<_>>()
    };
    let thick = ShapeStyle::from(color).stroke_width(3);
    let (name, _) = curve[0].times[kind];
    chart
        .draw_series(LineSeries::new(line(|it| it.p50_ms), thick).point_size(4))
        .map_err(drawn)?
        .label(name)
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 22, y)], thick));
    chart
        .draw_series(LineSeries::new(line(|it| it.p99_ms), color).point_size(2))
        .map_err(drawn)?;
    Ok(())
}

/// From the least median to the greatest 99th percentile, with some air.
fn heights(curve: &[Point]) -> Range<f64> {
    let times = curve.iter().flat_map(|point| &point.times);
    let all = times.flat_map(|(_, times)| [times.p50_ms, times.p99_ms]);
    let Range { start, end } = span(all);
    start / 2.0..end * HEADROOM
}

fn span(figures: impl Iterator<Item = f64>) -> Range<f64> {
    let span = f64::INFINITY..0.0;
    figures.fold(span, |span, figure| {
        span.start.min(figure)..span.end.max(figure)
    })
}

fn drawn(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("cannot draw: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(opportunities: usize, p50_ms: f64) -> Point {
        let times = Times {
            count: 200,
            p50_ms,
            p99_ms: p50_ms * 3.0,
            p999_ms: None,
            max_ms: p50_ms * 4.0,
        };
        let slower = Times {
            p50_ms: p50_ms * 10.0,
            p99_ms: p50_ms * 17.0,
            ..times
        };
        Point {
            opportunities,
            times: vec![("get one", times), ("create", slower)],
        }
    }

    #[test]
    fn each_kind_of_request_has_a_line_for_its_median_and_one_for_its_99th_percentile() {
        let curve = [
            point(10_000, 0.1),
            point(100_000, 0.12),
            point(1_000_000, 0.3),
        ];

        let svg = draw(&curve).unwrap();

        for color in ["#1F77B4", "#2CA02C"] {
            let line = format!("stroke=\"{color}\" stroke-width=");
            let lines = svg
                .lines()
                .filter(|it| it.contains("<polyline") && it.contains(&line));
            // The one in the legend is the third.
            assert_eq!(lines.count(), 3, "{svg}");
        }
        for text in ["get one", "create", "10,000", "1,000,000"] {
            assert!(svg.lines().any(|line| line == text), "{text}");
        }
        assert!(draw(&curve[..1]).is_err());
    }
}
