import type { Metadata } from "next";
import { ReviewPage } from "../../../../features/reviews/review-page.tsx";

export const metadata: Metadata = { title: "Review" };

interface RouteProps {
  readonly params: Promise<{ readonly id: string }>;
}

export default async function Route({ params }: RouteProps) {
  return <ReviewPage id={decodeURIComponent((await params).id)} />;
}
