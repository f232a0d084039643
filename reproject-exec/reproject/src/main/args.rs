//! The command line: what can be asked for, and what it means.

use clap::builder::NonEmptyStringValueParser;
use clap::builder::PossibleValue;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use reproject::{Blanks, Dtype, Footprint, MaskFile, Method, memory, names};
use reproject_chunk::HduSelect;
use std::num::NonZeroUsize;
use std::path::PathBuf;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default());

/// Reprojects astronomical images: from the pixel grid of one FITS image onto another.
#[derive(Debug, Parser)]
#[command(name = "reproject", version, styles = STYLES, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Run),
    Plan(Plan),
    Info(Info),
}

/// The arguments of this process. Those that cannot be understood end it with code 2, those that ask for help with 0.
///
/// # Errors
/// If help cannot be printed.
pub(crate) fn read() -> reproject::Result<Args> {
    let mut before = std::ffi::OsString::new();
    for word in std::env::args_os() {
        if before == "--footprint" && names::parse_footprint(&word.to_string_lossy()).is_ok() {
            let word = word.to_string_lossy();
            let why = format!("--footprint takes its value behind an equals sign: --footprint={word}");
            Args::command().error(clap::error::ErrorKind::ValueValidation, why).exit();
        }
        before = word;
    }
    let help = match Args::try_parse() {
        Ok(args) => return Ok(args),
        Err(error) if error.use_stderr() => error.exit(),
        Err(help) => help,
    };
    crate::printed(help.print())?;
    std::process::exit(0)
}

const RUN_EXAMPLES: &str = "\
Examples:
  reproject run m13.fits --to galactic -o m13_gal.fits
      onto a grid in Galactic coordinates that just holds the image
  reproject run ir.fits --to 'optical.fits[SCI]' -o ir_on_optical.fits --footprint
      onto the pixels of another image, with the coverage in a second HDU
  reproject run in.fits --to grid.hdr -o out.fits --order nearest --preview out.png
      onto a grid described by a header in a text file, values copied, with a picture

  reproject run big.zarr --to galactic -o gal.zarr --memory 512MB --resume
      chunk by chunk in bounded memory; started again after an interruption, it goes on where it was

Exit codes: 0 done; 1 failed, and the message says whether there is an output; 2 arguments not understood; 130 interrupted.
An unfinished output is called OUT.part; OUT.part.journal says what it holds. What lies there and is of no run stays as it is.";

/// The arguments that a run and its plan share.
#[derive(Debug, clap::Args)]
pub(crate) struct What {
    /// The image to reproject: FITS, which may be packed (gzip, bzip2, xz, zip, compress), an .npy file, or a Zarr array (a
    /// folder or a .zip). Axes before the two celestial ones (planes of a cube) are kept. `-` is standard input, which is
    /// stored in a temporary folder (TMPDIR).
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,

    /// The grid to reproject onto: a FITS file, FILE.fits[HDU], a text file with a header, or one of `galactic`, `icrs`
    /// and `north-up`: a grid that holds the input, in Galactic or ICRS coordinates, or in its own frame with north up. An
    /// input that lies so already keeps its pixels.
    #[arg(long, value_name = "TARGET", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) to: String,

    /// The input's HDU: number (the primary one is 0), EXTNAME, or EXTNAME,EXTVER [default: the first image]. A name with a
    /// comma or of digits alone goes in quotes of its own, here and in FILE[HDU] (brackets too): '"A,B"', 'in.fits["A[1]"]'.
    #[arg(long, value_name = "HDU", value_parser = hdu)]
    pub(crate) hdu: Option<HduSelect>,

    /// Where the pixels of an .npy or Zarr input lie on the sky: a FITS file, FILE.fits[HDU], or a text file with a header.
    /// Zarr arrays that this command wrote know it themselves.
    #[arg(long, value_name = "HEADER", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) header: Option<String>,

    /// How to interpolate.
    #[arg(long, value_name = "ORDER", default_value = "bilinear", value_parser = Method::parse, long_help = Method::help())]
    pub(crate) order: Method,

    /// How blank and infinite input pixels count when interpolating: they `propagate` to all values that they carry weight in;
    /// `ignore` or `ignore:SHARE`: they are left out, and a value is blank where less than that share of its weight (0.5) is
    /// left; `fill:VALUE`: they count as that value.
    #[arg(long, value_name = "HOW", default_value = "propagate", value_parser = names::parse_blanks)]
    pub(crate) bad: Blanks,

    /// An image whose pixels that are not zero mask those of the input: these are blank, and --bad says what they do. Named as
    /// targets are, it may be FITS, .npy or Zarr, of the shape of the input or of its last axes (one mask for all planes). With
    /// `weight:` before its name, what is not above zero is masked. Masked integers get the BLANK of the output.
    #[arg(long, value_name = "[weight:]FILE[HDU]", value_parser = MaskFile::parse)]
    pub(crate) mask: Option<MaskFile>,

    /// Number of threads [default: one for every core]. The result does not depend on it.
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Compute in so many worker processes instead of threads. The result is the same; a worker that is killed costs only the
    /// blocks that it was working on.
    #[arg(long, value_name = "N", value_parser = threads, conflicts_with = "threads")]
    pub(crate) processes: Option<NonZeroUsize>,

    /// Memory that may be used, such as 512MB: pixels being worked on, decoded chunks of the input, headers and tables of
    /// coordinates, in all processes together. Mapped files do not count, as the system takes their memory back when it needs it [default: as much as is useful].
    #[arg(long, value_name = "SIZE", value_parser = memory::parse)]
    pub(crate) memory: Option<usize>,

    /// Pixels worked on together, such as 256x1024 [default: chosen]. The result does not depend on it. Of a
    /// Zarr output they are whole chunks, rounded up.
    #[arg(long, value_name = "ROWSxCOLS", value_parser = block)]
    pub(crate) block: Option<[usize; 2]>,

    /// Chunks of a Zarr output, such as 1024x1024 [default: those of a Zarr input, or 1024x1024].
    #[arg(long, value_name = "ROWSxCOLS", value_parser = block)]
    pub(crate) chunks: Option<[usize; 2]>,

    /// Number type of the output.
    ///
    /// `auto`: that of a floating-point input; integers are kept as they are by nearest neighbour (unsigned ones without
    /// BLANK in the next wider signed type, which has room for it), and become float32 (8 and 16 bits) or float64 otherwise.
    /// `input`: that of the input, integers included. Interpolated values are then rounded; pixels without a value get the
    /// BLANK of the input or, if there is none, the lowest number of the type (the highest of an unsigned one), and BLANK
    /// says so. A run says at its end how many pixels an integer type could not hold as they are.
    #[arg(long, value_name = "TYPE", default_value = "auto", hide_possible_values = false)]
    pub(crate) dtype: Type,

    /// Add a footprint (0 to 1): an image extension named FOOTPRINT, or next to OUT.zarr or OUT.npy an array
    /// OUT.footprint.zarr or OUT.footprint.npy. `coverage`, also meant without a name, is the part of each pixel that lies
    /// on the input, blank or not; `valid` the share of its weight on good pixels, 0 where it has no value. Blank pixels
    /// cover nothing for `exact`, whose footprint is the same either way.
    #[arg(long, value_name = "KIND", num_args = 0..=1, require_equals = true, default_missing_value = "coverage",
          value_parser = names::parse_footprint)]
    pub(crate) footprint: Option<Footprint>,

    /// Take positions as they come, without checking that each leads back to where it came from. Sooner done; where a
    /// projection or distortion folds over itself, pixels may show what is not there.
    #[arg(long)]
    pub(crate) no_roundtrip: bool,
}

/// Reproject an image onto another pixel grid.
#[derive(Debug, clap::Args)]
#[command(after_help = RUN_EXAMPLES)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) what: What,

    /// The file to write, by the end of its name: FITS (.fits, .fit, .fts or none), NumPy (.npy) or Zarr (.zarr); .fits.gz and
    /// .npy.gz are gzipped when they are whole. `-` is FITS to standard output.
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,

    /// Also write a picture of at most 2048 pixels a side; pixels without a value are transparent.
    #[arg(long, value_name = "OUT.png")]
    pub(crate) preview: Option<PathBuf>,

    /// How values become grey in the picture.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Stretch::Asinh, requires = "preview")]
    pub(crate) stretch: Stretch,

    /// Replace the output files if they exist, and what an interrupted run left of them.
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Go on where an interrupted run stopped: what OUT.part holds according to OUT.part.journal is not computed again. It
    /// must be the same run; where there is nothing to go on with, it starts anew.
    #[arg(long)]
    pub(crate) resume: bool,

    /// Say nothing but errors.
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

const PLAN_EXAMPLES: &str = "\
Examples:
  reproject plan big.zarr --to galactic -o gal.zarr --memory 512MB
      which chunks would be read how often, and how much memory that takes
  reproject plan big.fits --to grid.hdr --json > plan.json
      all blocks with the windows and chunks of the input that each needs";

/// Say what a run would read and write, without reading a pixel.
#[derive(Debug, clap::Args)]
#[command(after_help = PLAN_EXAMPLES)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) what: What,

    /// The output that a run would write; it decides the shape of blocks. Nothing is written.
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,

    /// Print everything as JSON: the cost, and every block with its windows and chunks.
    #[arg(long)]
    pub(crate) json: bool,
}

const INFO_EXAMPLES: &str = "\
Example:
  reproject info m13.fits";

/// Print what the HDUs of a FITS file hold and where on the sky they lie.
#[derive(Debug, clap::Args)]
#[command(after_help = INFO_EXAMPLES)]
pub(crate) struct Info {
    /// The FITS file; may be packed (gzip, bzip2, xz, zip, compress).
    #[arg(value_name = "FILE.fits")]
    pub(crate) file: PathBuf,
}

/// How values become grey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stretch {
    /// Inverse hyperbolic sine between the 1st and the 99.9th percentile: shows faint and bright
    Asinh,
    /// Linear between the 0.5th and the 99.5th percentile
    Percentile,
}

impl From<Stretch> for reproject::Stretch {
    fn from(stretch: Stretch) -> Self {
        match stretch {
            Stretch::Asinh => Self::Asinh,
            Stretch::Percentile => Self::Percentile,
        }
    }
}

/// Settings as errors of the library name them, and the options that they are here.
const OPTIONS: [(&str, &str); 9] = [
    ("`blanks`", "--bad"),
    ("`chunks`", "--chunks"),
    ("`dtype`", "--dtype"),
    ("`hdu`", "--hdu"),
    ("`header`", "--header"),
    ("`mask`", "--mask"),
    ("`method`", "--order"),
    ("`overwrite`", "--overwrite"),
    ("`resume`", "--resume"),
];

/// A message of the library in the words of the command line.
pub(crate) fn with_options(text: &str) -> String {
    OPTIONS.iter().fold(text.to_owned(), |text, (setting, option)| text.replace(setting, option))
}

/// A number type as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Type(pub(crate) Dtype);

impl ValueEnum for Type {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: std::sync::LazyLock<Vec<Type>> =
            std::sync::LazyLock::new(|| Dtype::all().iter().copied().map(Type).collect());
        &ALL
    }
    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

fn hdu(text: &str) -> Result<HduSelect, String> {
    text.parse().map_err(|e: reproject::Error| e.to_string())
}

/// More threads than any machine has cores would only take its memory.
const MOST_THREADS: usize = 1024;

fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.trim().parse().ok().filter(|n: &NonZeroUsize| n.get() <= MOST_THREADS);
    number.ok_or_else(|| format!("give 1 to {MOST_THREADS}"))
}

fn block(text: &str) -> Result<[usize; 2], String> {
    let sides = text
        .split_once(['x', 'X', ','])
        .and_then(|(rows, columns)| Some([rows.trim().parse().ok()?, columns.trim().parse().ok()?]));
    match sides {
        Some(sides) if !sides.contains(&0) => Ok(sides),
        Some(_) => Err("a block has at least 1 row and 1 column".into()),
        None => Err("give rows x columns, such as 256x1024".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Args::command().debug_assert();
        let command = Args::command();
        let run = command.find_subcommand("run").unwrap();
        for (_, option) in OPTIONS {
            assert!(run.get_arguments().any(|a| a.get_long() == option.strip_prefix("--")), "{option}");
        }
    }

    #[test]
    fn blocks_have_rows_and_columns() {
        assert_eq!(block("256x1024"), Ok([256, 1024]));
        for bad in ["0x5", "5x0", "256", "x", "-1x5", "1x2x3", ""] {
            assert!(block(bad).is_err(), "{bad:?}");
        }
    }
}
