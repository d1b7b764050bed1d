// Linked into every executable of a build with sanitizers.

// LLVM's allocators are inlined into our code, which poisons the memory they have not handed out yet, and into LLVM's
// libraries, which are built without sanitizers and do not unpoison it.
extern "C" const char *__asan_default_options();
extern "C" const char *__asan_default_options() { return "allow_user_poisoning=0"; }
