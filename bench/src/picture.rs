//! Latency over table size as a picture.

use anyhow::{Context as _, Result};
use plotters::prelude::*;

use crate::curve::Point;

const SIZE: (u32, u32) = (900, 520);
const COLORS: [RGBColor; 4] = [
    RGBColor(0x1f, 0x77, 0xb4),
    RGBColor(0x2c, 0xa0, 0x2c),
    RGBColor(0xff, 0x7f, 0x0e),
    RGBColor(0xd6, 0x27, 0x28),
];

/// An SVG with a line for the median of each kind of request, and a thin one for its 99th percentile.
///
/// # Errors
/// Without two sizes there is no line.
pub(crate) fn draw(curve: &[Point]) -> Result<String> {
    let (Some(first), Some(last)) = (curve.first(), curve.last()) else {
        anyhow::bail!("nothing was measured");
    };
    anyhow::ensure!(curve.len() > 1, "there is only one size");
    let all = curve.iter().flat_map(|point| &point.times);
    let bounds = all.fold((f64::INFINITY, 0.0_f64), |(least, most), (_, times)| {
        (least.min(times.p50_ms), most.max(times.p99_ms))
    });
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(drawn)?;
        let mut chart = ChartBuilder::on(&area)
            .caption("Latency over table size, one client", ("sans-serif", 20))
            .margin(16)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(
                (first.opportunities as f64..last.opportunities as f64).log_scale(),
                (bounds.0 / 2.0..bounds.1 * 2.0).log_scale(),
            )
            .map_err(drawn)?;
        chart
            .configure_mesh()
            .x_desc("opportunities in the organisation")
            .y_desc("milliseconds")
            .x_label_formatter(&|size| crate::table::thousands(*size))
            .y_label_formatter(&|millis| format!("{millis}"))
            .light_line_style(TRANSPARENT)
            .draw()
            .map_err(drawn)?;
        for (place, color) in (0..first.times.len()).zip(COLORS) {
            let line = |of: fn(&crate::times::Times) -> f64| {
                let points = curve.iter().map(move |point| {
                    let (_, times) = &point.times[place];
                    (point.opportunities as f64, of(times))
                });
                points.collect::<Vec<_>>()
            };
            let (name, _) = first.times[place];
            let (medians, slow) = (line(|it| it.p50_ms), line(|it| it.p99_ms));
            chart
                .draw_series(LineSeries::new(medians, color.stroke_width(3)).point_size(4))
                .map_err(drawn)?
                .label(format!("{name}, p50"))
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 22, y)], color.stroke_width(3))
                });
            chart
                .draw_series(LineSeries::new(slow, color.stroke_width(1)).point_size(2))
                .map_err(drawn)?
                .label(format!("{name}, p99"))
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 22, y)], color.stroke_width(1))
                });
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.3))
            .draw()
            .map_err(drawn)?;
        area.present().context("cannot finish the picture")?;
    }
    Ok(svg)
}

fn drawn(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("cannot draw: {error}")
}
