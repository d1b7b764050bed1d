// RUN: tc-opt %s --tc-expand-math > %t
// RUN: tc-opt %s | diff - %t

func.func @tensors(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.exp %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

func.func @instructions(%x: vector<8xf32>, %h: vector<8xbf16>, %i: vector<8xi32>)
    -> (vector<8xf32>, vector<8xbf16>, vector<8xi32>) {
  %0 = math.absf %x : vector<8xf32>
  %1 = math.copysign %0, %x : vector<8xf32>
  %2 = math.sqrt %1 : vector<8xf32>
  %3 = math.fma %0, %1, %2 : vector<8xf32>
  %4 = math.floor %3 : vector<8xf32>
  %5 = math.roundeven %4 : vector<8xf32>
  %6 = math.sqrt %h : vector<8xbf16>
  %7 = math.floor %6 : vector<8xbf16>
  %8 = math.ctpop %i : vector<8xi32>
  %9 = math.absi %8 : vector<8xi32>
  return %5, %7, %9 : vector<8xf32>, vector<8xbf16>, vector<8xi32>
}

func.func @otherTypes(%x: f80, %y: f128, %z: vector<[2]xf64>, %n: index) -> (f80, f128, vector<[2]xf64>, index) {
  %0 = math.exp %x : f80
  %1 = math.erf %y : f128
  %2 = math.exp %z : vector<[2]xf64>
  %3 = math.ipowi %n, %n : index
  return %0, %1, %2, %3 : f80, f128, vector<[2]xf64>, index
}
