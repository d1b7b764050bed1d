// The translations that tc-translate adds to those of the libraries.
#ifndef TC_TOOLS_TC_TRANSLATE_TRANSLATIONS_H
#define TC_TOOLS_TC_TRANSLATE_TRANSLATIONS_H

namespace tc {

/// --import-pt2
void registerImportPT2();
/// --kernels-to-llvmir, --kernels-to-asm, --kernels-to-object, --kernels-to-ptx, for --target
void registerKernelTranslations();

} // namespace tc

#endif
