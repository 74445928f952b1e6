// What ONNX Runtime needs to compute on CUDA, as PyPI publishes it: its own CUDA provider, and NVIDIA's libraries.

/** A wheel, and what is used of it. */
export interface CudaPackage {
  readonly name: string;
  readonly version: string;
  /** Where PyPI keeps the wheel; the last part is its file name. */
  readonly address: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Beginnings of the names of the libraries that are taken out of it. */
  readonly libraries: readonly string[];
}

/** The CUDA that the provider was built for, and what it asks of a machine. */
export const cudaNeeds = {
  cuda: '13',
  /** First number of the version of the driver that came with CUDA 13.0; later ones know it too. */
  driver: 580,
  /** Turing; CUDA 13 has given older GPUs up. */
  computeCapability: 7.5,
  /** The room that the wheels and what is unpacked of them take, in bytes. */
  space: 3e9,
} as const;

/** Libraries that lie beside ONNX Runtime's own, in the order in which they are loaded. */
const providerLibraries = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];

/**
 * The version of ONNX Runtime that the provider is part of: no other loads it. Its files, by name, are known by their
 * sha-256 as well, for those who bring them without the wheel.
 */
export const provider = {
  onnxruntime: '1.30.0',
  files: {
    'libonnxruntime_providers_shared.so': '086ec1d5388f64153d9c63470d126693db9a182c8ce236d3a1119068471b8a0d',
    'libonnxruntime_providers_cuda.so': '35da2e7ed0dd0d1aec5cdb16ce11a51d06c0c48cf62d1b1c9332946a4fae14fc',
  } as Readonly<Record<string, string>>,
} as const;

/**
 * Beginnings of the names of NVIDIA's libraries, in the order in which they are loaded: the provider says of none where
 * it lies, so each has to be in memory before it is asked for by name.
 */
export const nvidiaLibraries = [
  'libcudart.so.',
  'libcublasLt.so.',
  'libcublas.so.',
  'libcurand.so.',
  'libnvrtc-builtins.so.',
  'libnvrtc.so.',
  'libcudnn.so.',
];

const host = 'https://files.pythonhosted.org/packages';

/** NVIDIA's are those of CUDA 13.0, so that the oldest driver for CUDA 13 will do. Fourier transforms (cuFFT) are not used. */
export const cudaPackages: readonly CudaPackage[] = [
  {
    name: 'onnxruntime-gpu',
    version: provider.onnxruntime,
    address: `${host}/9e/80/d96143329dbe925d434b016c890a5caa785fac8e14a1570e5d6818b63545/onnxruntime_gpu-1.30.0-cp312-cp312-manylinux_2_28_x86_64.whl`,
    bytes: 246_685_715,
    sha256: '6acc0f4b3d5ac5f2984432faa59dd8fcce6775f8b43a7140afa0f322c7a703b1',
    libraries: providerLibraries,
  },
  {
    name: 'nvidia-cuda-runtime',
    version: '13.0.96',
    address: `${host}/2e/24/d1558f3b68b1d26e706813b1d10aa1d785e4698c425af8db8edc3dced472/nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl`,
    bytes: 2_243_632,
    sha256: '7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548',
    libraries: ['libcudart.so.'],
  },
  {
    name: 'nvidia-cublas',
    version: '13.1.0.3',
    address: `${host}/e7/44/423ac00af4dd95a5aeb27207e2c0d9b7118702149bf4704c3ddb55bb7429/nvidia_cublas-13.1.0.3-py3-none-manylinux_2_27_x86_64.whl`,
    bytes: 423_133_236,
    sha256: 'ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171',
    libraries: ['libcublasLt.so.', 'libcublas.so.'],
  },
  {
    name: 'nvidia-curand',
    version: '10.4.0.35',
    address: `${host}/a5/9f/be0a41ca4a4917abf5cb9ae0daff1a6060cc5de950aec0396de9f3b52bc5/nvidia_curand-10.4.0.35-py3-none-manylinux_2_27_x86_64.whl`,
    bytes: 59_544_258,
    sha256: '1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc',
    libraries: ['libcurand.so.'],
  },
  {
    name: 'nvidia-cuda-nvrtc',
    version: '13.0.88',
    address: `${host}/c3/68/483a78f5e8f31b08fb1bb671559968c0ca3a065ac7acabfc7cee55214fd6/nvidia_cuda_nvrtc-13.0.88-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl`,
    bytes: 90_215_200,
    sha256: 'ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575',
    libraries: ['libnvrtc-builtins.so.', 'libnvrtc.so.'],
  },
  {
    name: 'nvidia-cudnn-cu13',
    version: '9.20.0.48',
    address: `${host}/6e/5e/edb9c0ae051602c3ccaffe424256463636d639e27d7f302dde9975ef9e7a/nvidia_cudnn_cu13-9.20.0.48-py3-none-manylinux_2_27_x86_64.whl`,
    bytes: 366_173_588,
    sha256: '0c45dd8eeb50b603f07995b1b300c62ffe6a1980482b82b3bcf94a4ca9d49304',
    // Its parts it opens itself, from beside it.
    libraries: ['libcudnn'],
  },
];
