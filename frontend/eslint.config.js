/** Style and borders: app → features → components → lib; a feature never reaches into another. */
import js from '@eslint/js'
import hooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

const forbid = (...groups) => ['error', { patterns: groups.map(([group, message]) => ({ group, message })) }]
const UP = 'Import goes app → features → components → lib.'

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'src/gen', 'public'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  hooks.configs.flat.recommended,
  {
    rules: {
      // It speaks to users of the React compiler, which is not used here.
      'react-hooks/incompatible-library': 'off',
      'no-console': ['error', { allow: ['debug', 'error'] }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: 'Text is never markup.' },
        {
          selector: "JSXMemberExpression[object.name='Input'][property.name='TextArea']",
          message: 'antd sizes it by a style attribute, which the CSP refuses: components/TextBox.',
        },
        { selector: 'Literal[value=/#[0-9a-fA-F]{6}\\b/]', message: 'Colours come from theme/colours.ts.' },
      ],
    },
  },
  { files: ['src/theme/colours.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['src/lib/**'],
    rules: { 'no-restricted-imports': forbid([['@/components/*', '@/features/*', '@/app/*'], UP]) },
  },
  { files: ['src/components/**'], rules: { 'no-restricted-imports': forbid([['@/features/*', '@/app/*'], UP]) } },
  {
    files: ['src/features/**'],
    rules: {
      'no-restricted-imports': forbid(
        [['@/app/*'], UP],
        [['@/features/*', '../../features/*'], 'Features do not import each other; share through components or lib.'],
      ),
    },
  },
  {
    files: ['e2e/**', 'scripts/**'],
    languageOptions: { globals: { URL: 'readonly', console: 'readonly', process: 'readonly' } },
    rules: { 'no-console': 'off' },
  },
)
