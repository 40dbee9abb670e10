/** A Helm chart as the archive `helm` takes: a tar (POSIX ustar) of its files in one folder, gzipped by the browser. Pure but for that. */

const BLOCK = 512
const text = new TextEncoder()

function header(path: string, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK)
  const put = (at: number, value: string) => block.set(text.encode(value), at)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  put(0, path)
  put(100, octal(0o644, 7))
  put(108, octal(0, 7))
  put(116, octal(0, 7))
  put(124, octal(size, 11))
  put(136, octal(0, 11)) // no time: the same chart is the same archive
  put(148, '        ')
  put(156, '0')
  put(257, 'ustar\x0000')
  put(
    148,
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
  )
  return block
}

/** The files below one folder. A path of more than 100 bytes does not fit the format; charts of ours have none. */
export function tarOf(folder: string, files: Record<string, string>): Uint8Array<ArrayBuffer> {
  const parts = Object.entries(files).flatMap(([path, content]) => {
    const bytes = text.encode(content)
    const whole = `${folder}/${path}`
    if (text.encode(whole).length > 100) throw new RangeError(`${whole} is too long for a tar`)
    const body = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK)
    body.set(bytes)
    return [header(whole, bytes.length), body]
  })
  const archive = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 2 * BLOCK))
  let at = 0
  for (const part of parts) {
    archive.set(part, at)
    at += part.length
  }
  return archive
}

/** The name in Chart.yaml: the folder helm expects. */
export const chartName = (files: Record<string, string>, otherwise: string): string =>
  /^name: ["']?([a-z0-9][a-z0-9.-]*)["']?\s*$/m.exec(files['Chart.yaml'] ?? '')?.[1] ?? otherwise

export async function packed(folder: string, files: Record<string, string>): Promise<Blob> {
  const plain = new Blob([tarOf(folder, files)])
  const stream = plain.stream().pipeThrough(new CompressionStream('gzip'))
  return new Blob([await new Response(stream).arrayBuffer()], { type: 'application/gzip' })
}
