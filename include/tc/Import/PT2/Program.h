// The exported program of a .pt2 file, as its models/model.json describes it (schema major 8), and
// its weights and constants. Plain data: what it means is the business of GraphBuilder and
// ImportPT2.
//
// The JSON has some thirty one-key unions for an argument; here they are a dozen kinds, lists being
// lists of arguments.
#ifndef TC_IMPORT_PT2_PROGRAM_H
#define TC_IMPORT_PT2_PROGRAM_H

#include "tc/Import/PT2/Archive.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tc::pt2 {

/// The dtype numbers of the file format, which are not c10's.
enum class ScalarType : int {
  Byte = 1,
  Char,
  Short,
  Int,
  Long,
  Half,
  Float,
  Double,
  ComplexHalf,
  ComplexFloat,
  ComplexDouble,
  Bool,
  BFloat16,
  UInt16 = 28,
  Float8E4M3FN,
  Float8E5M2,
  Float8E4M3FNUZ,
  Float8E5M2FNUZ,
  Float8E8M0FNU,
  UInt32,
  UInt64
};

/// A size, stride or offset: a number, or sympy text over symbols.
struct SymInt {
  int64_t value = 0;
  std::string expression; ///< empty for a number
};

struct TensorMeta {
  ScalarType dtype = ScalarType::Float;
  std::vector<SymInt> sizes, strides;
  SymInt storageOffset;
  std::string device; ///< "cpu", "cuda:0"
};

struct Graph;

struct Argument {
  enum class Kind {
    None,
    Tensor,   ///< text: name of a value
    Symbolic, ///< text: name of a symbolic int, float or bool value
    Int,
    Float,
    Bool,
    String,
    ScalarType,   ///< integer: a ScalarType
    MemoryFormat, ///< integer: the format's number in the file
    Layout,       ///< integer: the layout's number in the file
    Device,       ///< text: "cpu", "cuda:0"
    List,         ///< elements
    Complex,      ///< elements: real and imaginary part
    Graph,        ///< graph, its name in text
    Dict,         ///< elements, their keys in keys
    Other         ///< text: what it is; custom objects and operators as arguments
  };
  Kind kind = Kind::None;
  int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<Argument> elements;
  std::vector<std::string> keys;
  std::shared_ptr<Graph> graph;
};

struct NamedArgument {
  std::string name; ///< empty for arguments of higher-order ops
  Argument argument;
};

struct Node {
  std::string target; ///< "torch.ops.aten.add.Tensor", "_operator.mul"
  std::string name;
  std::vector<NamedArgument> inputs;
  std::vector<Argument> outputs;
  std::string stackTrace, moduleStack;
};

struct Graph {
  std::vector<Argument> inputs, outputs;
  std::vector<Node> nodes;
  std::map<std::string, TensorMeta> tensors;
  std::map<std::string, SymInt> symInts;
  std::map<std::string, SymInt> symBools, symFloats; ///< expression text, or nothing of use
};

/// What a graph input stands for.
struct InputSpec {
  enum class Kind { User, Parameter, Buffer, Constant, ConstantInput, Token, CustomObject };
  Kind kind = Kind::User;
  Argument argument;  ///< the input it describes; for a constant input its value
  std::string target; ///< parameter, buffer or constant name; input name of a constant input
  bool isPersistent = true;
};

/// What a graph output stands for.
struct OutputSpec {
  enum class Kind { User, Loss, BufferMutation, ParameterMutation, UserInputMutation, Gradient, Token };
  Kind kind = Kind::User;
  Argument argument;
  std::string target; ///< what is mutated, or whose gradient it is
};

struct Range {
  std::optional<int64_t> min, max;
};

/// A parameter, buffer or constant: where its bytes are and how they are read.
struct Payload {
  std::string entry; ///< "data/weights/weight_0"; several may share one
  bool isParameter = false;
  bool isPickled = false;
  std::optional<TensorMeta> meta;
};

struct Program {
  std::shared_ptr<const Archive> archive;
  std::string torchVersion;
  Graph graph;
  std::vector<InputSpec> inputs;
  std::vector<OutputSpec> outputs;
  std::map<std::string, Range> ranges; ///< by symbol
  std::vector<std::string> guards;
  std::map<std::string, Payload> weights, constants;

  /// Reads all but the bytes of the weights.
  static llvm::Expected<Program> read(std::shared_ptr<const Archive> archive);
};

/// The bytes of one element, 0 for a number that is no dtype.
unsigned byteWidth(ScalarType type);

} // namespace tc::pt2

#endif // TC_IMPORT_PT2_PROGRAM_H
