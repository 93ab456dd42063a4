import type { Emitter } from "highlight.js";
import core from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import graphql from "highlight.js/lib/languages/graphql";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import php from "highlight.js/lib/languages/php";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import swift from "highlight.js/lib/languages/swift";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

// Loaded with the first code block, not with the page.
const LANGUAGES = {
  bash, c, cpp, csharp, css, diff, go, graphql, java, javascript, json,
  kotlin, php, python, ruby, rust, sql, swift, typescript, xml, yaml,
};

/** A part of a program, with what it is to its language. */
export interface Scope {
  readonly name: string;
  readonly children: readonly (Scope | string)[];
}

/** Brackets within brackets within templates: a browser lays out what is nested by recursion. */
const DEEPEST_SCOPES = 30;

/** Makes scopes of what highlight.js finds, which makes HTML of it unless it is told otherwise. */
class ScopeEmitter implements Emitter {
  readonly root: Scope & { children: (Scope | string)[] } = { name: "", children: [] };
  readonly #open = [this.root];
  #tooDeep = 0;

  addText(text: string): void {
    if (text !== "") this.#open.at(-1)!.children.push(text);
  }

  startScope(name: string): void {
    if (this.#open.length > DEEPEST_SCOPES) {
      this.#tooDeep++;
      return;
    }
    const scope = { name, children: [] };
    this.#open.at(-1)!.children.push(scope);
    this.#open.push(scope);
  }

  endScope(): void {
    if (this.#tooDeep > 0) this.#tooDeep--;
    else if (this.#open.length > 1) this.#open.pop();
  }

  /** Another name, by which highlight.js opens the scopes of modes. */
  openNode(name: string): void {
    this.startScope(name);
  }

  closeNode(): void {
    this.endScope();
  }

  __addSublanguage(emitter: Emitter, name: string): void {
    this.#open.at(-1)!.children.push({ name, children: (emitter as ScopeEmitter).root.children });
  }

  finalize(): void {}

  toHTML(): string {
    return "";
  }
}

const highlighter = core.newInstance();
highlighter.configure({ __emitter: ScopeEmitter });
for (const [name, language] of Object.entries(LANGUAGES)) highlighter.registerLanguage(name, language);

/** Some grammars take quadratic time for code that is made for it; nobody waits for colours twice. */
const LONGEST_MS = 250;
const tooSlow = new Set<string>();

/** The code in parts. `language` is one of `languages.ts`. */
export function highlight(code: string, language: string): readonly (Scope | string)[] {
  if (tooSlow.has(language)) return [code];
  const began = performance.now();
  const { _emitter: emitter, errorRaised } = highlighter.highlight(code, { language, ignoreIllegals: true });
  if (performance.now() - began > LONGEST_MS) tooSlow.add(language);
  // A grammar that fails leaves what it has done, which is not all of the code.
  return errorRaised ? [code] : (emitter as ScopeEmitter).root.children;
}
