// RUN: tc-opt %s --tc-expand-math --split-input-file --verify-diagnostics

// expected-note @below {{defined here}}
func.func private @exp(f32) -> f32
func.func @taken(%x: f64) -> f64 {
  // expected-error @below {{needs the libm function 'exp' of type '(f64) -> f64', but that symbol is something else}}
  %y = math.exp %x : f64
  return %y : f64
}

// -----

// The same declaration is used.
func.func private @exp(f64) -> f64
func.func @known(%x: f64) -> f64 {
  %y = math.exp %x : f64
  return %y : f64
}
