import { render } from "preact";
import { App } from "./app.tsx";
import { resume } from "./state/session.ts";

render(<App />, document.getElementById("app") as HTMLElement);
void resume();
