//! Wire words as enums: one macro, so that every state of every product reads and writes alike.

/// Declares an enum of wire words. Reading ignores case, because a cloud's own documents differ in it (`PrePaid`,
/// `Prepaid`); a word that is not listed becomes `Unknown` and is kept as it came.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $wire:literal $(| $alias:literal)*),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
            /// A word this version does not know, as the cloud wrote it.
            Unknown(String),
        }

        impl $name {
            /// Every word this version knows.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),+];

            /// The word as the wire has it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)+
                    Self::Unknown(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                $(if word.eq_ignore_ascii_case($wire) $(|| word.eq_ignore_ascii_case($alias))* {
                    return Self::$variant;
                })+
                Self::Unknown(word.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            /// Nothing is a word too: one that is not known.
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <Option<String> as $crate::serde::Deserialize>::deserialize(deserializer)?;
                Ok(Self::from(word.unwrap_or_default().as_str()))
            }
        }
    };
}

/// Lets serde read and write a type as the text that it displays as and is made from.
#[macro_export]
macro_rules! text {
    ($name:ident) => {
        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as $crate::serde::Deserialize>::deserialize(deserializer)?;
                Ok(Self::from(text.as_str()))
            }
        }
    };
}
