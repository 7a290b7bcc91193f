//! Enums whose values are words on the wire.

/// Declares an enum with a word for each variant: `word` writes it, `FromStr` reads it. Rows keep the variant's own name.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        $(#[$meta])*
        $vis enum $name {
            $($(#[$doc])* $variant),+
        }

        impl $name {
            /// Each of them.
            #[allow(dead_code, reason = "few are walked")]
            $vis const ALL: &[Self] = &[$(Self::$variant),+];

            /// As clients read and write it.
            #[must_use]
            #[allow(dead_code, reason = "some words are only read")]
            $vis const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(()),
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    words! {
        /// A side of a road.
        enum Side {
            Left = "left",
            Right = "right-hand",
        }
    }

    #[test]
    fn a_word_reads_back_as_what_wrote_it() {
        for side in [Side::Left, Side::Right] {
            assert_eq!(side.word().parse(), Ok(side));
        }
        assert_eq!("Left".parse::<Side>(), Err(()));
    }
}
