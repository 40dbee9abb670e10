/** A quota as one line of text, `pods=20 limits.memory=8Gi`, and back. What it may hold the server says. */
export type Hard = Record<string, string>

export const textOf = (quota: Hard): string =>
  Object.entries(quota)
    .map(([name, amount]) => `${name}=${amount}`)
    .join(' ')

/** A name without an amount keeps an empty one, which the server refuses by its name. */
export const quotaOf = (text: string): Hard =>
  Object.fromEntries(
    text
      .split(/[\s,;]+/)
      .filter(Boolean)
      .map((part) => {
        const [name = '', ...amount] = part.split('=')
        return [name, amount.join('=')]
      }),
  )
