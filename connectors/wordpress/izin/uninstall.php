<?php
/**
 * Removes what the plugin kept in WordPress. What İzin holds stays there: it is the record of the consents.
 *
 * @package Izin
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/**
 * Removes what one site has.
 */
function izin_remove() {
	global $wpdb;
	wp_clear_scheduled_hook( 'izin_work' );
	foreach ( array( 'izin_settings', 'izin_secrets', 'izin_token', 'izin_after', 'izin_pause', 'izin_seen', 'izin_fault', 'izin_lock', 'izin_tables', 'izin_place', 'izin_pause_send', 'izin_fault_send' ) as $option ) {
		delete_option( $option );
	}
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery
	$wpdb->query( "DROP TABLE IF EXISTS {$wpdb->prefix}izin_queue, {$wpdb->prefix}izin_consents" );
}

// WordPress calls this file once for all sites of a network.
foreach ( is_multisite() ? get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) : array( 0 ) as $izin_site ) {
	if ( $izin_site ) {
		switch_to_blog( $izin_site );
	}
	izin_remove();
	if ( $izin_site ) {
		restore_current_blog();
	}
}
foreach ( array( 'izin_proven', 'izin_claimed', 'izin_ask', 'izin_unasked' ) as $izin_meta ) {
	delete_metadata( 'user', 0, $izin_meta, '', true );
}
