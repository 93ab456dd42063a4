import { Component, type ReactNode } from "react";

interface PlainOnErrorProps {
  text: string;
  children: ReactNode;
}

/** Text that cannot be shown as Markdown is shown as it is: one reply must not take the page from the others. */
export class PlainOnError extends Component<PlainOnErrorProps, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? <div className="plain-text">{this.props.text}</div> : this.props.children;
  }
}
