import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";

export interface Tab {
  name: string;
  show: () => ComponentChildren;
}

/** Tabs by the pattern of the ARIA practices: arrow keys choose, and only what is chosen is there. */
export const Tabs = ({ label, tabs }: { label: string; tabs: readonly [Tab, ...Tab[]] }) => {
  const [chosen, setChosen] = useState(tabs[0].name);
  const id = useId();
  const at = Math.max(
    0,
    tabs.findIndex(({ name }) => name === chosen),
  );
  const onKeyDown = (event: KeyboardEvent) => {
    const buttons = [...(event.currentTarget as HTMLElement).children] as HTMLElement[];
    // Where the focus is, and not what is shown, which may come later than the next key.
    const from = buttons.indexOf(event.target as HTMLElement);
    const steps: Record<string, number> = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: -1 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const to = (step + tabs.length) % tabs.length;
    setChosen((tabs[to] as Tab).name);
    buttons[to]?.focus();
  };
  return (
    <section class="panel">
      <div role="tablist" aria-label={label} class="tabs" onKeyDown={onKeyDown}>
        {tabs.map(({ name }, index) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${index}`}
            aria-selected={index === at}
            aria-controls={`${id}-panel`}
            tabIndex={index === at ? 0 : -1}
            onClick={() => setChosen(name)}
          >
            {name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${at}`} class="sheet">
        {(tabs[at] as Tab).show()}
      </div>
    </section>
  );
};
