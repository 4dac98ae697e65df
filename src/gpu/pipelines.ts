/** Pipelines, cached by (text, constants). A compile error carries file, line and the source around it. */
import { GpuError } from '../util/errors';
import { paramsBytes, type Kernel } from './kernel';

export type Constants = Readonly<Record<string, number>>;

export interface Pipeline {
  readonly compute: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Three lines either side of the place, the place marked. */
export function sourceWindow(text: string, line: number): string {
  const lines = text.split('\n');
  const first = Math.max(0, line - 4);
  return lines
    .slice(first, line + 3)
    .map((content, i) => `${first + i + 1 === line ? '>' : ' '} ${String(first + i + 1).padStart(4)} ${content}`)
    .join('\n');
}

export class Pipelines {
  readonly #cache = new Map<string, Pipeline>();
  readonly #layouts = new Map<Kernel, GPUBindGroupLayout>();
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #checks = new Set<Promise<void>>();

  constructor(
    readonly device: GPUDevice,
    readonly report: (error: GpuError) => void,
  ) {}

  /** Compilations whose outcome is not known yet. */
  get unchecked(): number {
    return this.#checks.size;
  }

  /** Waits until every compilation so far is known to be good or reported. */
  async checked(): Promise<void> {
    await Promise.all(this.#checks);
  }

  get(kernel: Kernel, constants: Constants): Pipeline {
    const key = `${JSON.stringify(constants)}\n${kernel.text}`;
    let pipeline = this.#cache.get(key);
    if (!pipeline) {
      pipeline = this.#create(kernel, constants);
      this.#cache.set(key, pipeline);
    }
    return pipeline;
  }

  #create(kernel: Kernel, constants: Constants): Pipeline {
    const layout = this.#layout(kernel);
    this.device.pushErrorScope('validation');
    let module = this.#modules.get(kernel.text);
    if (!module) {
      module = this.device.createShaderModule({ label: kernel.name, code: kernel.text });
      this.#modules.set(kernel.text, module);
    }
    const compute = this.device.createComputePipeline({
      label: kernel.name,
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: kernel.name, constants: { ...constants } },
    });
    const check: Promise<void> = this.#explain(kernel, module, this.device.popErrorScope()).finally(() =>
      this.#checks.delete(check),
    );
    this.#checks.add(check);
    return { compute, layout };
  }

  async #explain(kernel: Kernel, module: GPUShaderModule, popped: Promise<GPUError | null>): Promise<void> {
    const failed = await popped;
    if (!failed) return;
    const { messages } = await module.getCompilationInfo();
    const places = messages
      .filter((m) => m.type === 'error')
      .map(
        (m) => `${kernel.name}.wgsl:${m.lineNum}:${m.linePos} ${m.message}\n${sourceWindow(kernel.text, m.lineNum)}`,
      );
    this.report(
      new GpuError('shader', `kernel ${kernel.name} does not compile: ${places.join('\n') || failed.message}`, {
        kernel: kernel.name,
      }),
    );
  }

  #layout(kernel: Kernel): GPUBindGroupLayout {
    let layout = this.#layouts.get(kernel);
    if (!layout) {
      const storage = Object.values(kernel.bindings).map((access, binding): GPUBindGroupLayoutEntry => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' },
      }));
      const uniform: GPUBindGroupLayoutEntry = {
        binding: storage.length,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: paramsBytes(kernel) },
      };
      layout = this.device.createBindGroupLayout({ label: kernel.name, entries: [...storage, uniform] });
      this.#layouts.set(kernel, layout);
    }
    return layout;
  }
}
