/** Text of a program's, which may be larger than its box: the focus can be put there to scroll it. */
export const Code = ({ text, class: name }: { text: string; class: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
  <pre class={name} tabIndex={0}>
    {text}
  </pre>
);
