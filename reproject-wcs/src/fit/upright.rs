//! Images that lie north up already: their own pixels make the grid, turned over at most.

use crate::native::Native;
use crate::read::{Keywords, OTHER_CODES, radesys};
use crate::sky::Celestial;
use crate::wcs::Wcs;

/// Pixels that north may turn at the farthest corner of an image that counts as upright.
const LEAN: f64 = 0.5;
/// The same for what a header leaves between its axes.
const NOISE: f64 = 1e-9;

impl Celestial {
    /// The image's own grid where its pixels lie along north and east: with north up and longitude growing along x as `sign`
    /// says, axes being exchanged or turned over if they run otherwise. The projection stays what it is, and every pixel
    /// where it is. `None` for images that are turned, distorted, or described by more than FITS paper II.
    pub(crate) fn upright(&self, sign: f64) -> Option<Keywords> {
        let ([nx, ny], affine, crval) = (self.shape?, self.affine()?, self.pole.crval?);
        // Around the faces of a cube the plane shows pieces of other faces: such pixels have their place elsewhere.
        let cube = matches!(self.native, Native::Tsc(_) | Native::Csc(_) | Native::Qsc(_));
        if nx.min(ny) == 0 || cube || self.code.is_empty() || OTHER_CODES.contains(&self.code.as_str()) {
            return None;
        }
        let [[a, b], [c, d]] = affine.linear;
        let longest = nx.max(ny) as f64;
        let none = |small: f64, large: f64| small.abs() * longest <= NOISE * large.abs();
        let (steps, sides) = if none(b, a) && none(c, d) {
            ([a, d], [nx, ny])
        } else if none(a, b) && none(d, c) {
            ([b, c], [ny, nx])
        } else {
            return None;
        };
        let mut cards = Keywords::new();
        cards.push("NAXIS", 2);
        cards.push("NAXIS1", sides[0]);
        cards.push("NAXIS2", sides[1]);
        cards.push("WCSAXES", 2);
        for (k, direction) in [sign, 1.0].into_iter().enumerate() {
            let (step, side) = (steps[k], sides[k] as f64);
            let reference = -affine.offset[k] / step;
            let (reference, step) =
                if step * direction < 0.0 { (side - 1.0 - reference, -step) } else { (reference, step) };
            let axis = k + 1;
            cards.push(format!("CTYPE{axis}"), format!("{:-<4}-{}", self.names[k], self.native.code()));
            cards.push(format!("CUNIT{axis}"), "deg");
            cards.push(format!("CRPIX{axis}"), reference + 1.0);
            cards.push(format!("CRVAL{axis}"), crval[k]);
            cards.push(format!("CDELT{axis}"), step.to_degrees());
        }
        for (m, value) in self.native.parameters() {
            cards.push(format!("PV2_{m}"), value);
        }
        cards.push("LONPOLE", self.pole.lonpole);
        cards.push("LATPOLE", self.pole.latitude);
        radesys::write(&self.frame, &mut cards);
        let grid = Wcs::parse(&cards, ' ', &()).ok()?;
        let grid = grid.celestial().ok()?;
        let middle = sides.map(|n| (n as f64 - 1.0) / 2.0);
        // The middle of a map that is laid out beyond 180 degrees of its plane may lie beyond the bounds of the papers.
        let reference = grid.reference_pixel();
        let inside = [0, 1].map(|k| reference[k].clamp(0.0, sides[k] as f64 - 1.0));
        let angle = [middle, inside].map(|at| grid.position_angle(at)).into_iter().find(|a| a.is_finite())?;
        let half = (middle[0] * middle[0] + middle[1] * middle[1]).sqrt();
        (angle.to_radians().abs() * half <= LEAN).then_some(cards)
    }
}
