import type { Metadata } from "next";
import { ModelPage } from "../../../../features/models/model-page.tsx";

interface RouteProps {
  readonly params: Promise<{ readonly id: string }>;
}

export async function generateMetadata({ params }: RouteProps): Promise<Metadata> {
  return { title: decodeURIComponent((await params).id) };
}

export default async function Route({ params }: RouteProps) {
  return <ModelPage id={decodeURIComponent((await params).id)} />;
}
