//! Laws of [`ArraySource`] and [`ArraySink`].

use super::{Violation, demand};
use crate::{ArraySink, ArraySource, Grid, Pixel, Place, Region, Tile, View};
use ndarray::{ArrayD, Dimension, IxDyn};
use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};

fn same<T: Pixel>(a: &ArrayD<T>, b: &ArrayD<T>) -> bool {
    a.shape() == b.shape() && a.iter().zip(b).all(|(x, y)| x == y || x.is_blank() && y.is_blank())
}

fn read<T: Pixel>(source: &dyn ArraySource<T>, window: &Region) -> Result<ArrayD<T>, Violation> {
    let mut out = ArrayD::from_elem(IxDyn(&window.shape), T::default());
    let done = source.read(window, out.view_mut());
    done.map_err(|e| Violation { law: "a source reads every window", what: format!("{window}: {e}") })?;
    Ok(out)
}

/// Any window holds the pixels of the whole, `resident` shows what `read` reads, and a window beyond the edge is an error.
/// Windows are cut in blocks of `block`.
///
/// # Errors
/// The first window that differs, or one beyond the edge that is accepted.
pub fn source_reads_windows<T: Pixel>(source: &dyn ArraySource<T>, block: &[usize]) -> Result<(), Violation> {
    const LAW: &str = "a window holds the pixels of the whole";
    let whole = read(source, &Region::whole(source.shape()))?;
    demand(whole.iter().any(|v| !v.is_blank()), LAW, || {
        "every pixel is blank: nothing can be compared".into()
    })?;
    let grid = Grid::new(source.shape(), block).map_err(|e| Violation { law: LAW, what: e.to_string() })?;
    for window in grid.iter() {
        let part = read(source, &window)?;
        let expected = whole.slice(&window.slices()[..]).to_owned();
        demand(same(&part, &expected), LAW, || {
            format!("{window}: read gives {part:?}, the whole has {expected:?}")
        })?;
        if let Some(strided) = source.resident(&window) {
            let view = View {
                window: window.clone(),
                full: source.shape(),
                data: strided.data,
                strides: strided.strides,
            };
            demand(same(&view.array().to_owned(), &expected), LAW, || {
                format!("{window}: resident differs from read")
            })?;
        }
    }
    let mut beyond = Region::whole(source.shape());
    for k in 0..beyond.ndim() {
        beyond.shape[k] += 1;
        let mut out = ArrayD::from_elem(IxDyn(&beyond.shape), T::default());
        let refused = source.read(&beyond, out.view_mut()).is_err() && source.resident(&beyond).is_none();
        demand(refused, LAW, || format!("{beyond} reaches beyond {:?} and is read", source.shape()))?;
        beyond.shape[k] -= 1;
    }
    Ok(())
}

/// Writes tiles in reverse order, and demands that one beyond the edge is an error. Returns the array that the sink must
/// hold now, for [`sink_holds`].
///
/// # Errors
/// The first tile that is refused, or one beyond the edge that is accepted.
pub fn sink_takes_tiles(sink: &dyn ArraySink<f64>, block: &[usize]) -> Result<ArrayD<f64>, Violation> {
    const LAW: &str = "a sink takes every tile";
    let fail = |what: String| Violation { law: LAW, what };
    let shape = sink.shape();
    let n = shape.iter().product::<usize>();
    let values = ArrayD::from_shape_vec(IxDyn(shape), (1..=n).map(|i| i as f64).collect()).expect("n values");
    let blocks: Vec<Region> = Grid::new(shape, block).map_err(|e| fail(e.to_string()))?.iter().collect();
    for region in blocks.iter().rev() {
        let mut tile = Tile::blank(region.clone(), f64::NAN);
        tile.data.assign(&values.slice(&region.slices()[..]));
        tile.weight.fill(1.0);
        sink.write(&tile).map_err(|e| fail(format!("{region}: {e}")))?;
    }
    let mut beyond = Region::whole(shape);
    if let Some(last) = beyond.shape.last_mut() {
        *last += 1;
        demand(sink.write(&Tile::blank(beyond.clone(), 0.0)).is_err(), LAW, || {
            format!("{beyond} is accepted")
        })?;
    }
    Ok(values)
}

/// Writes tiles where [`ArraySink::map`] says that the values lie, as another process would, and reports them. Returns the
/// array that the sink must hold now, for [`sink_holds`].
///
/// # Errors
/// If the sink has no map, or its file does not take the tiles.
pub fn sink_maps_tiles(sink: &dyn ArraySink<f64>, block: &[usize]) -> Result<ArrayD<f64>, Violation> {
    const LAW: &str = "a sink's map says where its pixels lie";
    let fail = |what: String| Violation { law: LAW, what };
    let Place { path, offset, size, big_endian } =
        sink.map().ok_or_else(|| fail("there is no map".into()))?.data;
    demand(size == size_of::<f64>(), LAW, || format!("numbers of {size} bytes"))?;
    let shape = sink.shape();
    let values = ArrayD::from_shape_fn(IxDyn(shape), |i| i.slice().iter().fold(1, |n, i| 7 * n + i) as f64);
    let mut file = OpenOptions::new().write(true).open(&path).map_err(|e| fail(e.to_string()))?;
    for region in Grid::new(shape, block).map_err(|e| fail(e.to_string()))?.iter() {
        for (at, value) in values.slice(&region.slices()[..]).indexed_iter() {
            let at = at.slice().iter().zip(&region.start).map(|(i, start)| i + start);
            let pixel = at.zip(shape).fold(0, |n, (i, side)| n * side + i);
            let bytes = if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
            let place = SeekFrom::Start(offset + (pixel * size) as u64);
            file.seek(place).and_then(|_| file.write_all(&bytes)).map_err(|e| fail(e.to_string()))?;
        }
        sink.written(&region).map_err(|e| fail(format!("{region}: {e}")))?;
    }
    Ok(values)
}

/// A sink gives back the values that [`sink_takes_tiles`] or [`sink_maps_tiles`] wrote.
///
/// # Errors
/// If a pixel differs.
pub fn sink_holds(found: &ArrayD<f64>, written: &ArrayD<f64>) -> Result<(), Violation> {
    demand(same(found, written), "a sink stores every tile where it belongs", || {
        format!("wrote {written:?}, found {found:?}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DenseSink, Result, Strided};
    use ndarray::ArrayViewMutD;

    fn image() -> ArrayD<f64> {
        ArrayD::from_shape_fn(IxDyn(&[3, 5, 7]), |i| (i[0] * 100 + i[1] * 10 + i[2]) as f64)
    }

    /// A source that breaks one rule.
    enum Bad {
        Shifted,
        Resident,
        Greedy,
        Blank,
    }
    struct Source(Bad, ArrayD<f64>);
    impl ArraySource<f64> for Source {
        fn shape(&self) -> &[usize] {
            self.1.shape()
        }
        fn read(&self, window: &Region, mut out: ArrayViewMutD<'_, f64>) -> Result<()> {
            let whole = Region::whole(self.1.shape());
            match self.0 {
                Bad::Greedy if !window.fits(&whole.shape) => return Ok(()),
                Bad::Blank => out.fill(f64::NAN),
                _ => self.1.read(window, out.view_mut())?,
            }
            if matches!(self.0, Bad::Shifted) && *window != whole {
                out.mapv_inplace(|v| v + 1.0);
            }
            Ok(())
        }
        fn resident(&self, window: &Region) -> Option<Strided<'_, f64>> {
            let mut wrong = window.clone();
            wrong.start[0] = 0;
            matches!(self.0, Bad::Resident).then(|| self.1.resident(&wrong))?
        }
    }

    #[test]
    fn broken_sources_are_rejected() {
        source_reads_windows(&image(), &[2, 3, 4]).unwrap();
        for bad in [Bad::Shifted, Bad::Resident, Bad::Greedy, Bad::Blank] {
            assert!(source_reads_windows(&Source(bad, image()), &[2, 3, 4]).is_err());
        }
    }

    /// Drops every tile that does not start at the first column, or takes any tile.
    struct Lossy<'a>(DenseSink<'a, f64>, bool);
    impl ArraySink<f64> for Lossy<'_> {
        fn shape(&self) -> &[usize] {
            self.0.shape()
        }
        fn write(&self, tile: &Tile<f64>) -> Result<()> {
            if self.1 && tile.region.start[1] > 0 || !self.1 && !tile.region.fits(self.shape()) {
                return Ok(());
            }
            self.0.write(tile)
        }
    }

    #[test]
    fn broken_sinks_are_rejected() {
        let mut array = ArrayD::zeros(IxDyn(&[5, 7]));
        let written = sink_takes_tiles(&Lossy(DenseSink::new(array.view_mut()), true), &[2, 3]).unwrap();
        assert!(sink_holds(&array, &written).is_err());
        assert!(sink_takes_tiles(&Lossy(DenseSink::new(array.view_mut()), false), &[2, 3]).is_err());
        let written = sink_takes_tiles(&DenseSink::new(array.view_mut()), &[2, 3]).unwrap();
        sink_holds(&array, &written).unwrap();
        let none = sink_maps_tiles(&DenseSink::new(array.view_mut()), &[2, 3]);
        assert!(none.unwrap_err().what.contains("no map"));
    }
}
