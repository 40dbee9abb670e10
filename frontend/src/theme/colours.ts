/** Every colour of the interface, one object per mode: the source of the CSS variables and of antd's tokens. Holds values only. */

export const light = {
  canvas: '#FAFAFB', surface: '#FFFFFF', raised: '#FFFFFF', sunken: '#F3F4F6', hover: '#F3F4F6', selected: '#ECEEF9',
  line: '#E4E6EA', line2: '#CDD1D8', control: '#8A909C',
  text: '#15171C', text2: '#474D59', text3: '#656C79', disabled: '#A3A9B4',
  ink: '#16181D', inkHover: '#30343D', inkActive: '#000000', onInk: '#FFFFFF',
  accent: '#4253D6', accentHover: '#3141BE',
  okFg: '#06693F', okBg: '#E6F5ED', okLine: '#B5DFC9',
  runFg: '#0B5FCC', runBg: '#E8F0FD', runLine: '#BCD4F6',
  waitFg: '#8A5800', waitBg: '#FDF3DC', waitLine: '#EBD49A',
  badFg: '#9C0F24', badBg: '#FDECEE', badLine: '#F2BFC6',
  oddFg: '#542A7D', oddBg: '#F3EEFA', oddLine: '#D8C8EC',
  offFg: '#565D69', offBg: '#F0F1F4', offLine: '#DDE0E5',
  addBg: '#E6F5ED', delBg: '#FDECEE', addMark: '#BCE3CE', delMark: '#F5C6CD',
  term: '#0F1115', termFg: '#D8DCE3',
  spotlight: '#1D2026',
  shadow: '0 8px 24px rgba(16,18,24,.10), 0 1px 3px rgba(16,18,24,.08)',
  shadow2: '0 8px 24px rgba(16,18,24,.12), 0 1px 3px rgba(16,18,24,.08)',
} as const

export type Colours = Record<keyof typeof light, string>

export const dark: Colours = {
  canvas: '#0D0E11', surface: '#141619', raised: '#1B1E23', sunken: '#0A0B0D', hover: '#1E2126', selected: '#22263D',
  line: '#272B32', line2: '#3A404A', control: '#6C7380',
  text: '#ECEDF0', text2: '#ABB1BC', text3: '#8B92A0', disabled: '#565C68',
  ink: '#F2F3F5', inkHover: '#FFFFFF', inkActive: '#D5D8DD', onInk: '#131519',
  accent: '#95A2FF', accentHover: '#B1BAFF',
  okFg: '#5FDDA3', okBg: '#11261B', okLine: '#1F4732',
  runFg: '#6BA4FF', runBg: '#10223A', runLine: '#1E3F6B',
  waitFg: '#F9AE2B', waitBg: '#2A210F', waitLine: '#4D3C17',
  badFg: '#FF666B', badBg: '#33171A', badLine: '#5C292E',
  oddFg: '#E6B1FB', oddBg: '#2A1B36', oddLine: '#4E3363',
  offFg: '#A0A7B3', offBg: '#202329', offLine: '#31363F',
  addBg: '#11261B', delBg: '#33171A', addMark: '#1F5238', delMark: '#6B2A32',
  term: '#0A0B0D', termFg: '#D8DCE3',
  spotlight: '#2A2E36',
  shadow: '0 12px 32px rgba(0,0,0,.55), 0 0 0 1px #2A2E36',
  shadow2: '0 12px 32px rgba(0,0,0,.60), 0 0 0 1px #2A2E36',
}

export const FONT_UI =
  "'Inter Variable', Inter, 'Noto Sans SC', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', system-ui, sans-serif"
export const FONT_MONO =
  "'JetBrains Mono Variable', 'JetBrains Mono', 'Noto Sans Mono CJK SC', ui-monospace, Menlo, Consolas, monospace"
