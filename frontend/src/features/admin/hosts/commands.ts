/** The commands with which a machine downloads the file. Written beside it first: a failed download must not empty it. Pure. */

export type Command = { tool: 'curl' | 'wget'; text: string }

export function commandsFor(url: string, environment: string, secret: string): Command[] {
  const file = `hosts.${environment}`
  const bearer = `'Authorization: Bearer ${secret}'`
  const move = `mv ${file}.new ${file}`
  return [
    { tool: 'curl', text: `curl -fsS -H ${bearer} -o ${file}.new ${url} && ${move}` },
    { tool: 'wget', text: `wget -q --header=${bearer} -O ${file}.new ${url} && ${move}` },
  ]
}
