// TensorFlow greets on standard error while its libraries load, before any setting of its log is read. This addon
// loads them with standard error closed for that moment; the real addon then finds them in memory.

/**
 * C++ source of the loader.
 * @param libraries paths relative to the loader's folder
 */
export function quietLoaderSource(libraries: readonly string[]): string {
  return `#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>
#include <string>

static std::string own_folder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void *>(&own_folder), &info) == 0) return ".";
  std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/'));
}

extern "C" __attribute__((visibility("default"))) void *napi_register_module_v1(void *, void *exports) {
  const char *libraries[] = {${libraries.map(each => JSON.stringify(each)).join(', ')}};
  int standard_error = dup(2);
  int nowhere = open("/dev/null", O_WRONLY);
  if (nowhere >= 0) dup2(nowhere, 2);
  // A library that does not load is reported by the real addon, which needs it.
  for (const char *library : libraries) dlopen((own_folder() + "/" + library).c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (standard_error >= 0) {
    dup2(standard_error, 2);
    close(standard_error);
  }
  if (nowhere >= 0) close(nowhere);
  return exports;
}
`;
}
