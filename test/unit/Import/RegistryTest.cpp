// The generated operator table, the schema parser and the overlay for custom operators.
#include "tc/Import/ATen/Registry.h"

#include "llvm/Support/raw_ostream.h"

#include "gtest/gtest.h"

#include <thread>

using namespace tc::aten;

namespace {

std::string print(const Type &type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  type.print(os);
  return text;
}

TEST(Registry, ParsesEveryRow) {
  const Registry &registry = Registry::builtin();
  ASSERT_GT(registry.size(), 2500u);
  for (size_t i = 0; i < registry.size(); ++i) {
    const Op *op = registry.lookup(registry.nameAt(i));
    ASSERT_TRUE(op) << registry.nameAt(i).str();
    EXPECT_EQ(op->name, registry.nameAt(i));
    for (const Argument &argument : op->arguments)
      EXPECT_FALSE(argument.name.empty()) << op->schema.str();
    for (llvm::StringRef variant : {op->functional, op->inplace, op->mutableForm, op->out, op->viewCopy})
      EXPECT_TRUE(variant.empty() || registry.lookup(variant)) << variant.str();
  }
}

TEST(Registry, FindsAllSpellings) {
  const Registry &registry = Registry::builtin();
  const Op *relu = registry.lookup("relu");
  ASSERT_TRUE(relu);
  EXPECT_EQ(registry.lookup("relu.default"), relu);
  EXPECT_EQ(registry.lookup("aten::relu"), relu);
  EXPECT_EQ(registry.lookup("aten.relu.default"), relu);
  EXPECT_EQ(registry.lookup("no_such_operator"), nullptr);
  EXPECT_EQ(registry.lookup(""), nullptr);
  EXPECT_EQ(registry.lookup("add"), nullptr) << "every overload of add has a name";
}

TEST(Registry, ArgumentsDefaultsAndTags) {
  const Op *add = Registry::builtin().lookup("add.Tensor");
  ASSERT_TRUE(add);
  ASSERT_EQ(add->arguments.size(), 3u);
  EXPECT_EQ(add->arguments[0].name, "self");
  EXPECT_EQ(add->arguments[0].type.kind, TypeKind::Tensor);
  EXPECT_FALSE(add->arguments[0].isKeywordOnly);
  const Argument &alpha = add->arguments[2];
  EXPECT_EQ(alpha.name, "alpha");
  EXPECT_TRUE(alpha.isKeywordOnly);
  ASSERT_TRUE(alpha.defaultValue);
  EXPECT_EQ(std::get<int64_t>(*alpha.defaultValue), 1);
  EXPECT_TRUE(add->has(Tag::pointwise));
  EXPECT_TRUE(add->has(Tag::core));
  EXPECT_TRUE(add->isStructured);
  EXPECT_TRUE(add->isPure());
  EXPECT_EQ(add->nameSpace(), "aten");
  EXPECT_EQ(add->findArgument("other"), 1u);
  EXPECT_EQ(add->findArgument("nothing"), std::nullopt);

  const Op *pool = Registry::builtin().lookup("max_pool2d");
  ASSERT_TRUE(pool);
  EXPECT_EQ(print(pool->arguments[1].type), "int[2]");
  EXPECT_EQ(pool->arguments[1].type.listSize, 2u);
  EXPECT_TRUE(std::get<IntList>(*pool->arguments[2].defaultValue).empty());
  EXPECT_EQ(std::get<int64_t>(*pool->arguments[3].defaultValue), 0);

  const Op *index = Registry::builtin().lookup("index.Tensor");
  ASSERT_TRUE(index);
  EXPECT_EQ(print(index->arguments[1].type), "Tensor?[]");
  EXPECT_TRUE(index->arguments[1].type.element().isOptional());
}

TEST(Registry, Variants) {
  const Registry &registry = Registry::builtin();
  const Op *inplace = registry.lookup("add_.Tensor");
  ASSERT_TRUE(inplace);
  EXPECT_EQ(inplace->functional, "add.Tensor");
  EXPECT_EQ(inplace->inplace, "add_.Tensor");
  EXPECT_EQ(inplace->out, "add.out");
  EXPECT_TRUE(inplace->mutatesAnArgument());
  EXPECT_TRUE(inplace->arguments[0].isMutated());
  EXPECT_EQ(inplace->aliasedArgument(0), 0u);
  EXPECT_FALSE(inplace->isPure());
  EXPECT_FALSE(inplace->isView());

  const Op *out = registry.lookup("add.out");
  ASSERT_TRUE(out);
  EXPECT_EQ(out->functional, "add.Tensor");
  EXPECT_EQ(out->aliasedArgument(0), out->findArgument("out"));
}

TEST(Registry, Views) {
  const Registry &registry = Registry::builtin();
  const Op *view = registry.lookup("view");
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->isView());
  EXPECT_EQ(view->viewCopy, "view_copy");
  EXPECT_EQ(view->aliasedArgument(0), 0u);
  EXPECT_FALSE(view->mutatesAnArgument());

  const Op *split = registry.lookup("split.Tensor");
  ASSERT_TRUE(split);
  EXPECT_TRUE(split->isView());
  EXPECT_EQ(split->arguments[0].alias->after, "*");
  EXPECT_TRUE(split->returns[0].type.isList());

  EXPECT_TRUE(registry.lookup("t_")->isView());
  EXPECT_FALSE(registry.lookup("relu")->isView());
  EXPECT_FALSE(registry.lookup("bernoulli")->isPure());
}

TEST(Registry, LookupFromManyThreads) {
  const Registry &registry = Registry::builtin();
  std::vector<std::thread> threads;
  std::vector<const Op *> found(4);
  for (const Op *&op : found)
    threads.emplace_back([&] { op = registry.lookup("native_layer_norm"); });
  for (std::thread &thread : threads)
    thread.join();
  for (const Op *op : found)
    EXPECT_EQ(op, found.front());
}

TEST(Schema, TorchPrintsCustomOperatorsLikeThis) {
  auto op = parseSchema("mylib::foo.out(Tensor x, SymInt[] sizes, str mode=\"a\\\"b\", float[2]? scale=None, *, "
                        "Dict(str, int) options, Tensor(a!) out) -> (Tensor(a!), int y)");
  ASSERT_TRUE(static_cast<bool>(op)) << llvm::toString(op.takeError());
  EXPECT_EQ((*op)->name, "mylib::foo.out");
  EXPECT_EQ((*op)->nameSpace(), "mylib");
  ASSERT_EQ((*op)->arguments.size(), 6u);
  EXPECT_EQ(std::get<std::string>(*(*op)->arguments[2].defaultValue), "a\"b");
  EXPECT_EQ(print((*op)->arguments[3].type), "float[2]?");
  EXPECT_EQ((*op)->arguments[4].type.kind, TypeKind::Other);
  EXPECT_EQ((*op)->returns[1].name, "y");
}

TEST(Schema, ErrorsNameColumnAndExpectation) {
  auto messageOf = [](llvm::StringRef schema) {
    auto op = parseSchema(schema);
    return op ? std::string("parsed") : llvm::toString(op.takeError());
  };
  EXPECT_EQ(messageOf("foo(Tensor x -> Tensor"),
            "schema 'foo(Tensor x -> Tensor', column 14: expected ',', found '-> Tensor'");
  EXPECT_EQ(messageOf("foo(Tensor x)"), "schema 'foo(Tensor x)', column 14: expected '->', found 'nothing'");
  EXPECT_NE(messageOf(""), "parsed");
  EXPECT_NE(messageOf("foo(Tensor(a x) -> Tensor"), "parsed");
  EXPECT_NE(messageOf("foo(int[ x) -> Tensor"), "parsed");
  EXPECT_NE(messageOf("foo(int x=[1,) -> Tensor"), "parsed");
  EXPECT_NE(messageOf("foo(str x=\"abc) -> Tensor"), "parsed");
  EXPECT_NE(messageOf("foo() -> Tensor extra stuff"), "parsed");
  EXPECT_NE(messageOf("foo(Dict(int x) -> Tensor"), "parsed");
  EXPECT_NE(messageOf("foo(int[99999999999999999999] x) -> Tensor"), "parsed");
}

TEST(Schema, NoPrefixOfASchemaCrashes) {
  llvm::StringRef schema = "ns::f(Tensor(a! -> b|c)[]? x=[1, -2], *, Dict(str, (int)) d, str "
                           "s='q\\'') -> (Tensor(a!) y, int)";
  for (size_t length = 0; length < schema.size(); ++length) {
    auto op = parseSchema(schema.take_front(length));
    EXPECT_FALSE(static_cast<bool>(op)) << length;
    llvm::consumeError(op.takeError());
  }
}

TEST(Overlay, AddsAndFindsCustomOperators) {
  Overlay overlay;
  EXPECT_EQ(overlay.lookup("mylib::foo"), nullptr);
  auto added = overlay.add("mylib::foo(Tensor x) -> Tensor", {Tag::pointwise});
  ASSERT_TRUE(static_cast<bool>(added));
  EXPECT_EQ(overlay.lookup("mylib::foo"), *added);
  EXPECT_EQ(overlay.lookup("mylib.foo.default"), *added);
  EXPECT_TRUE((*added)->has(Tag::pointwise));
  EXPECT_EQ(overlay.lookup("relu"), Registry::builtin().lookup("relu"));
  // Again is fine, another signature is not.
  auto again = overlay.add("mylib::foo(Tensor x) -> Tensor");
  ASSERT_TRUE(static_cast<bool>(again));
  EXPECT_EQ(*again, *added);
  auto conflict = overlay.add("mylib::foo(Tensor x, int y) -> Tensor");
  ASSERT_FALSE(static_cast<bool>(conflict));
  EXPECT_EQ(llvm::toString(conflict.takeError()),
            "operator 'mylib::foo' is known already as 'mylib::foo(Tensor x) -> Tensor'");
}

} // namespace
