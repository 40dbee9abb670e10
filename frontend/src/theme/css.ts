/** The style sheet of variables, written from the colour objects at build time. Holds no colour of its own. */
import { dark, FONT_MONO, FONT_UI, light, type Colours } from './colours.ts'

const declarations = (colours: Colours) =>
  Object.entries(colours)
    .map(([name, value]) => `--${name}:${value};`)
    .join('')

/** Both modes on `:root[data-theme]`; `prefers-contrast: more` makes control borders as strong as their outline. */
export function themeCss(): string {
  return [
    `:root{--font-ui:${FONT_UI};--font-mono:${FONT_MONO};}`,
    `:root,:root[data-theme=light]{color-scheme:light;${declarations(light)}}`,
    `:root[data-theme=dark]{color-scheme:dark;${declarations(dark)}}`,
    `:root:lang(zh){--font-ui:${FONT_UI.replace("'Inter Variable', Inter,", "'Inter Variable ZH',")};}`,
    `@media (prefers-contrast:more){:root{--line2:var(--control);--line:var(--control);}}`,
  ].join('\n')
}
